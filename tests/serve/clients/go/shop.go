// A shop's calls, made by Elastic's own client: shop URL INDEX
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/url"
	"os"
	"strings"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const query = `{"query": {"multi_match": {"query": "trail shoe", "fields": ["title^2", "description"]}}, "size": 5}`

type page struct {
	Hits struct {
		Hits []struct {
			ID string `json:"_id"`
		} `json:"hits"`
	} `json:"hits"`
}

func (p page) ids() []string {
	found := []string{}
	for _, hit := range p.Hits.Hits {
		found = append(found, hit.ID)
	}
	return found
}

func read(answer *esapi.Response, err error, into any) int {
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		log.Fatal(err)
	}
	return answer.StatusCode
}

func main() {
	index, ctx := os.Args[2], context.Background()
	address, err := url.Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	es, err := elastictransport.New(elastictransport.Config{
		URLs: []*url.URL{address}, CompressRequestBody: true, DisableRetry: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	found := map[string]any{}

	var one page
	answer, err := esapi.SearchRequest{Index: []string{index}, Body: strings.NewReader(query)}.Do(ctx, es)
	read(answer, err, &one)
	found["search"] = one.ids()

	var many struct{ Responses []page }
	line := strings.TrimSpace(query) + "\n"
	lines := fmt.Sprintf("{\"index\": %q}\n%s{\"index\": %q}\n%s", index, line, index, line)
	answer, err = esapi.MsearchRequest{Body: bytes.NewBufferString(lines)}.Do(ctx, es)
	read(answer, err, &many)
	pages := [][]string{}
	for _, each := range many.Responses {
		pages = append(pages, each.ids())
	}
	found["msearch"] = pages

	var counted struct{ Count int }
	answer, err = esapi.CountRequest{Index: []string{index}}.Do(ctx, es)
	read(answer, err, &counted)
	found["count"] = counted.Count

	var refused struct {
		Error struct{ Type string }
	}
	answer, err = esapi.IndexRequest{Index: index, Body: strings.NewReader(`{"title": "no"}`)}.Do(ctx, es)
	found["refused"] = []any{read(answer, err, &refused), refused.Error.Type}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}

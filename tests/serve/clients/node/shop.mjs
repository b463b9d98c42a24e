// A shop's calls, made by Elastic's own client: node shop.mjs URL INDEX
import { Client, errors } from "@elastic/elasticsearch";

const [node, index] = process.argv.slice(2);
const client = new Client({ node, compression: true, maxRetries: 0 });
const query = { multi_match: { query: "trail shoe", fields: ["title^2", "description"] } };
const ids = (answer) => answer.hits.hits.map((hit) => hit._id);
const found = {};

const page = await client.search({ index, query, size: 5, ext: { hybrid: { explain: true } } });
found.search = ids(page);
found.total = page.hits.total.value;
found.plan = page.ext.hybrid.plan;
const many = await client.msearch({ searches: [{ index }, { query, size: 3 }, { index }, { query, size: 2 }] });
found.msearch = many.responses.map(ids);
found.count = (await client.count({ index })).count;
found.get = (await client.get({ index, id: "p01" }))._id;
found.exists = await client.exists({ index, id: "p01" });
found.missing = await client.exists({ index, id: "no such product" });
found.version = (await client.info()).version.number;
const pit = await client.openPointInTime({ index, keep_alive: "1m" });
found.pit = ids(await client.search({ pit: { id: pit.id }, size: 2, sort: ["_doc"] })).length;
await client.closePointInTime({ id: pit.id });
try {
  await client.index({ index, document: { title: "no" } });
} catch (error) {
  found.refused = [error instanceof errors.ResponseError, error.statusCode, error.body.error.type];
}
try {
  await client.search({ index, query: { no_such_query: {} } });
} catch (error) {
  found.wrong = [error.statusCode, error.body.error.type];
}
await client.close();
console.log(JSON.stringify(found));

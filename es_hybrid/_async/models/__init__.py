"""Between a search and its models: what calls them, and what stands in front of them.

A class that stands in front takes an embedder or a reranker and is one, so `stack` can leave out
what a setting switches off:

    search ─ guard ─ cached ─ merged ─ replicated ─ embed or rerank ─ server

`guard` holds the search's budget and its breaker; `patient` stands where ingestion asks; `checks`
asks the golden question; `llm_judge` asks for grades.
"""

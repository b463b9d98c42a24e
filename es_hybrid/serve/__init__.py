"""Elasticsearch's own wire in front of a hybrid client, for shops in any language.

Extra `serve`. `POST /{index}/_search` and `_msearch` are answered by hybrid search, everything that
only reads is handed on untouched, and everything that writes is refused unless it is allowed.
"""

from es_hybrid.serve.app import create_app
from es_hybrid.serve.run import serve

__all__ = ["create_app", "serve"]

"""Runs a page's blocks one after the other, as a reader would type them."""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from es_hybrid.cli.app import main
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind
from tests.docs.pages import Block, commands
from tests.support.shops import shop_products

ES_URL = '"http://localhost:9200"'
ALIAS = re.compile(r'(?<!mapping=)"products(-\w+)?"')


def run(
    blocks: Sequence[Block], *, es_url: str, alias: str, names: Mapping[str, Any]
) -> dict[Block, str]:
    """Run blocks in one namespace; return what each printed.

    The address and the alias `products` of the page (and names that begin with `products-`) are
    exchanged for the test's own, and nothing else. A block that makes the index finds none. Clients that a block opens and leaves open, as a
    program's top level does, are closed.

    Args:
        blocks: Of one page, in order.
        es_url: The test's cluster.
        alias: The test's own alias.
        names: What the page takes for granted, such as `es`.
    """
    namespace: dict[str, Any] = {"__name__": "page", **names}
    opened: list[Any] = []
    printed: dict[Block, str] = {}
    try:
        for block in blocks:
            if block.language == "sh":
                printed[block] = _commanded(block, es_url=es_url, alias=alias)
                continue
            if "create_index(" in block.code or "indices.create(" in block.code:
                behind = names["es"].indices.get_alias(name=alias)
                names["es"].indices.delete(index=list(behind))
            code = ALIAS.sub(rf'"{alias}\1"', _addressed(block.code, es_url))
            # Empty lines in front keep the line numbers of the page in a traceback.
            source = "\n" * (block.line - 1) + code
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(source, block.page, "exec", dont_inherit=True), namespace)
            printed[block] = out.getvalue()
            opened += [client for client in namespace.values() if _is_client(client)]
    finally:
        for client in {id(client): client for client in opened}.values():
            if client not in names.values():
                client.close()
    return printed


def _commanded(block: Block, *, es_url: str, alias: str) -> str:
    """Run a block's commands; return what they printed."""
    with redirect_stdout(io.StringIO()) as out:
        for command in commands(block.code):
            words = [alias if word == "products" else word for word in shlex.split(command)]
            assert words[0] == "es-hybrid", f"{block}: only es-hybrid is run here"
            code = main([*words[1:], "--es-url", es_url])
            assert code == 0, f"{block}: {command} ended with {code}: {out.getvalue()}"
    return out.getvalue()


def _addressed(code: str, es_url: str) -> str:
    """Return code that speaks to the test's cluster, and waits for it on a busy machine."""
    patient = code.replace(
        f"Elasticsearch({ES_URL})", f"Elasticsearch({ES_URL}, request_timeout=60)"
    )
    return patient.replace(ES_URL, f'"{es_url}"')


def write_files(folder: Path) -> None:
    """Write the files that the pages speak of."""
    products = [_exported(product) for product in shop_products()]
    lines = "".join(json.dumps(product) + "\n" for product in products)
    (folder / "products.ndjson").write_text(lines, encoding="utf-8")
    with gzip.open(folder / "products.csv.gz", "wt", encoding="utf-8") as out:
        out.write("id,name,supplier,description,price,sales_30d\n")
        out.writelines(
            f"{p['id']},{p['title']},{p['brand']},{p['description']},{p['price']},{p['sales_30d']}\n"
            for p in products
        )
    vectors = HashEmbedder(dims=64).embed(
        [product["title"] for product in products], kind=TextKind.DOCUMENT, timeout_s=10
    )
    ids = np.array([product["id"] for product in products])
    np.savez(folder / "vectors.npz", product_ids=ids, product_vectors=vectors)
    (folder / "queries.csv").write_text("query_id,query\nq1,trail shoe\nq2,tent\n")
    (folder / "qrels.csv").write_text("query_id,product_id,grade\nq1,p00,3\nq2,p36,2\n")


def _exported(product: Mapping[str, Any]) -> dict[str, Any]:
    """Return a product under the names of the mapping `products`."""
    kept = {
        n: product[n] for n in ("id", "title", "description", "brand", "colour", "sku", "price")
    }
    return {
        **kept,
        "category_path": product["category"],
        "variant_group": product["group"],
        "sales_30d": product["sales"],
        "stock": int(product["in_stock"]),
        "created_at": product["created"],
    }


def _is_client(value: Any) -> bool:
    return type(value).__name__ in {"Elasticsearch", "HybridClient"}

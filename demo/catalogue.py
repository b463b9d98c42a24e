"""Write the demo catalogue: `python -m demo.catalogue --out DIR`."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from demo.article import make_articles
from demo.product import Product
from demo.shape import load_shapes
from demo.words import load_words

SEED = 20251031
LANGUAGES = ("zh", "en")
FILE_NAME = "products.ndjson.gz"


def build_catalogue(*, seed: int = SEED) -> list[Product]:
    """Make every product of the demo shop, ordered by id.

    Example:
        >>> build_catalogue()[0].fields["currency"] in ("CNY", "USD")
        True
    """
    products: list[Product] = []
    codes: set[str] = set()
    for shape in load_shapes():
        for language in LANGUAGES:
            words = load_words(language, shape.name)
            products.extend(make_articles(shape, words, seed=seed, codes=codes))
    return sorted(products, key=lambda product: product.id)


def write_catalogue(folder: Path, *, seed: int = SEED) -> Path:
    """Write the catalogue as gzipped NDJSON into the folder and return the file's path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_catalogue(Path(folder)).name
        'products.ndjson.gz'
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    # No file name and no time in the gzip header, so that every run writes the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for line in ndjson_lines(build_catalogue(seed=seed)):
            out.write(line)
    return path


def ndjson_lines(products: Sequence[Product]) -> Iterator[bytes]:
    r"""Yield one UTF-8 JSON line per product.

    Example:
        >>> next(ndjson_lines(build_catalogue()))[-2:]
        b'}\n'
    """
    for product in products:
        text = json.dumps(product.fields, ensure_ascii=False, separators=(",", ":"))
        yield text.encode() + b"\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.catalogue", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    path = write_catalogue(parser.parse_args(arguments).out)
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Write the graded judgments: `python -m demo.judgments [--check]`.

Every query has one rule, written by hand, over the truths of the products. A query is judged
on the products of its own language, or for type `cross` on those of the other one.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.catalogue import LANGUAGES, build_catalogue
from demo.product import Product
from demo.rules import care, electronics, fashion, gifts, home, leisure
from demo.rules.exact import brand_earphones, brand_kind, exact_code
from demo.rules.rule import Rule

QUERIES = Path(__file__).parent / "queries.csv"
QRELS = Path(__file__).parent / "qrels.csv"

RULES: Mapping[str, Rule] = {
    "zh01": fashion.AIRY_SUMMER_DRESS,
    "zh02": fashion.QUIET_COMMUTER_BAG,
    "zh03": electronics.EARBUDS_AROUND_500,
    "zh04": electronics.STUDENT_PHONE_CNY,
    "zh05": gifts.MOTHERS_DAY,
    "zh06": fashion.RUNNING_SHOES,
    "zh07": electronics.OVER_EAR,
    "zh08": home.RICE_COOKER,
    "zh09": care.SENSITIVE_HYDRATING_CREAM,
    "zh10": care.OILY_SUNSCREEN,
    "zh11": home.BEGINNER_POUR_OVER,
    "zh12": care.ECZEMA_BODYSUIT,
    "zh13": leisure.TOY_FOR_BOY_OF_THREE,
    "zh14": leisure.RAINPROOF_FAMILY_TENT,
    "zh15": home.COOLING_SHEETS,
    "zh16": home.FAMILY_AIR_FRYER,
    "zh17": home.CAT_WILL_NOT_DRINK,
    "zh18": brand_earphones("澈耳", kinds=("tws", "over_ear"), min_anc=2),
    "zh19": brand_kind("行者营地", "tent", category="camping"),
    "zh22": electronics.MECHANICAL_KEYBOARD_UNDER_300,
    "zh23": fashion.GIRLFRIEND_NECKLACE,
    "zh24": fashion.WIDE_CUSHIONED_RUNNING_SHOES,
    "zh25": electronics.TRAVEL_LAPTOP,
    "zh26": care.STIFF_NECK_AT_WORK,
    "zh27": home.ESPRESSO_UNDER_1000,
    "zh28": fashion.PLUS_SIZE_DRESS,
    "zh29": home.DORM_APPLIANCE,
    "zh30": gifts.FATHERS_DAY,
    "en01": fashion.AIRY_SUMMER_DRESS,
    "en02": electronics.EARBUDS_UNDER_50,
    "en03": electronics.FLIGHT_HEADPHONES,
    "en04": fashion.RAINPROOF_LAPTOP_BACKPACK,
    "en05": fashion.RUNNING_SHOES,
    "en06": fashion.ULTRA_TRAIL_SHOES,
    "en07": electronics.STUDENT_PHONE_USD,
    "en08": electronics.CAMERA_PHONE,
    "en09": care.FRAGRANCE_FREE_SENSITIVE_CREAM,
    "en10": care.OILY_CLEANSER,
    "en11": home.EXACT_KETTLE,
    "en12": home.ESPRESSO_UNDER_150,
    "en13": home.QUIET_BLENDER,
    "en14": care.ORGANIC_NEWBORN_BODYSUIT,
    "en15": care.CABIN_STROLLER,
    "en16": leisure.STEM_GIFT_FOR_EIGHT,
    "en17": leisure.ULTRALIGHT_TENT,
    "en18": home.COOLING_SHEETS,
    "en19": brand_kind("Harrowfen", "tent", category="camping"),
    "en20": brand_earphones("Lumvox", kinds=("tws",)),
    "en23": electronics.SILENT_MECHANICAL_KEYBOARD,
    "en24": fashion.GOLD_ANNIVERSARY_NECKLACE,
    "en25": gifts.MOTHERS_DAY,
    "en26": home.LARGE_OLD_DOG_BED,
    "en27": electronics.VIDEO_LAPTOP,
    "en28": fashion.STABILITY_SHOES,
    "en29": fashion.WEDDING_GUEST_DRESS,
    "en30": home.NO_PULL_HARNESS,
    "en31": home.SINGLE_AIR_FRYER,
    "xc01": fashion.AIRY_SUMMER_DRESS,
    "xc02": electronics.LASTING_ANC_EARBUDS,
    "xc03": fashion.QUIET_COMMUTER_BAG,
    "xc04": gifts.MOTHERS_DAY,
    "xc05": leisure.RAINPROOF_FAMILY_TENT,
    "xc06": fashion.WIDE_CUSHIONED_RUNNING_SHOES,
    "xc07": care.FRAGRANCE_FREE_SENSITIVE_CREAM,
    "xc08": electronics.SILENT_MECHANICAL_KEYBOARD,
    "xc09": home.BEGINNER_POUR_OVER,
    "xc10": care.CABIN_STROLLER,
}
"""The rule of each query; queries of type `code` name their product themselves."""


@dataclass(frozen=True, slots=True)
class Query:
    """One line of `queries.csv`."""

    id: str
    text: str
    language: str
    type: str

    @property
    def judged_language(self) -> str:
        """Return the language of the products that the query is judged on."""
        if self.type != "cross":
            return self.language
        return next(language for language in LANGUAGES if language != self.language)


def read_queries(path: Path = QUERIES) -> list[Query]:
    """Read the queries in the order of the file.

    Example:
        >>> read_queries()[0].text
        '轻薄透气夏季连衣裙'
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Query(row["query_id"], row["query"], row["language"], row["type"])
            for row in csv.DictReader(lines)
        ]


def judge(query: Query, products: Sequence[Product]) -> Iterator[tuple[str, int]]:
    """Yield product id and grade, best first, for every product in the query's pool.

    Example:
        >>> products = build_catalogue()
        >>> next(judge(read_queries()[0], products))[1]
        3
    """
    candidates = [product for product in products if product.language == query.judged_language]
    rule = _rule(query, candidates)
    grades = [
        (product.id, rule.grade(product))
        for product in candidates
        if product.truth.category in rule.pool
    ]
    yield from sorted(grades, key=lambda judged: (-judged[1], judged[0]))


def qrels_text(products: Sequence[Product]) -> str:
    """Return the content of `qrels.csv` for these products."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("query_id", "product_id", "grade"))
    for query in read_queries():
        writer.writerows((query.id, *judged) for judged in judge(query, products))
    return out.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.judgments", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if qrels.csv is stale")
    check: bool = parser.parse_args(arguments).check
    text = qrels_text(build_catalogue())
    if not check:
        QRELS.write_text(text, encoding="utf-8", newline="\n")
        return 0
    if QRELS.exists() and QRELS.read_text(encoding="utf-8") == text:
        return 0
    print(f"{QRELS.name} is stale; run `python -m demo.judgments`.", file=sys.stderr)
    return 1


def _rule(query: Query, candidates: Sequence[Product]) -> Rule:
    if query.type != "code":
        return RULES[query.id]
    for product in candidates:
        if query.text in (product.fields["sku"], product.fields["ean"]):
            return exact_code(query.text, target=product)
    raise ValueError(f"No product has the code of query {query.id}; choose another code.")


if __name__ == "__main__":
    raise SystemExit(main())

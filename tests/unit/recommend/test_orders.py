"""Orders out of whichever log a shop has."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.indexing.sources import BadRecord
from es_hybrid.recommend.orders import read_orders

DAY_S = 86_400.0
NOW = 400 * DAY_S


def ubi(product: str, session: str, day: int, action: str = "purchase") -> dict[str, Any]:
    return {
        "action_name": action,
        "session_id": session,
        "timestamp": day * DAY_S,
        "event_attributes": {"object": {"object_id": product}},
    }


@pytest.mark.parametrize(
    "log",
    [
        [{"order_id": 1, "products": ["a", "b"]}],
        [{"products": "a b"}],
        [{"items": [{"product_id": "a", "quantity": 2}, {"sku": "b"}]}],
        [{"order_id": "1", "product_id": "a"}, {"order_id": "1", "product_id": "b"}],
        [
            {"transaction_id": 7, "product_id": "a", "date": "2026-11-20T23:59:00Z"},
            {"transaction_id": 7, "product_id": "b", "date": "2026-11-21T00:01:00Z"},
        ],
        [ubi("a", "s", 3), ubi("b", "s", 3)],
    ],
)
def test_each_way_to_write_an_order(log: list[dict[str, Any]]) -> None:
    """Whole orders, lines of orders, and purchases of a session are one order each."""
    found = read_orders(log, now_s=NOW)
    assert (found.products, found.skipped) == ([["a", "b"]], 0)


def test_what_is_no_purchase_is_no_order() -> None:
    """Clicks, other days of a session, broken lines and nameless ones do not go together."""
    log = [
        ubi("a", "s", 3),
        ubi("b", "s", 4),
        ubi("c", "s", 3, "click"),
        {"product_id": "d"},
        {"order_id": 1},
        {"products": []},
        BadRecord(1, "not JSON"),
    ]
    found = read_orders(log, now_s=NOW)
    assert (found.products, found.skipped) == ([["a"], ["b"]], 5)


def test_old_orders_can_be_left_out() -> None:
    """What went together last year says little of this one."""
    log = [
        {"products": ["a", "b"], "at": NOW - 10 * DAY_S},
        {"products": ["c", "d"], "at": NOW - 100 * DAY_S},
        {"products": ["e", "f"]},
        {"order_id": 1, "product_id": "g", "ordered_at": NOW - 100 * DAY_S},
    ]
    found = read_orders(log, now_s=NOW, days=90)
    assert (found.products, found.skipped) == ([["a", "b"]], 3)

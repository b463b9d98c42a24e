"""Dates as shops write them become one moment, or are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.dates import as_date


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2009-12-10T00:00:00Z", "2009-12-10T00:00:00Z"),
        ("2026-11-14T10:15:00.123+08:00", "2026-11-14T02:15:00Z"),
        ("2026-11-14 10:15", "2026-11-14T10:15:00Z"),
        ("2016/11/14", "2016-11-14T00:00:00Z"),
        ("2016/1/4", "2016-01-04T00:00:00Z"),
        ("2016年11月14日", "2016-11-14T00:00:00Z"),
        ("20161114", "2016-11-14T00:00:00Z"),
        ("14.11.2016", "2016-11-14T00:00:00Z"),
        ("11/14/2016", "2016-11-14T00:00:00Z"),
        ("14/11/2016", "2016-11-14T00:00:00Z"),
        ("05/05/2016", "2016-05-05T00:00:00Z"),
        ("1479081600", "2016-11-14T00:00:00Z"),
        (1479081600000, "2016-11-14T00:00:00Z"),
        (date(2016, 11, 14), "2016-11-14T00:00:00Z"),
        (datetime(2016, 11, 14, 8, tzinfo=timezone(timedelta(hours=8))), "2016-11-14T00:00:00Z"),
        (datetime(2016, 11, 14, tzinfo=UTC).replace(tzinfo=None), "2016-11-14T00:00:00Z"),
        (None, None),
        (" ", None),
    ],
)
def test_dates_in_common_formats_become_iso(value: Any, iso: str | None) -> None:
    """A date of any common format is stored as the same moment in UTC."""
    assert as_date(value) == iso


@pytest.mark.parametrize(
    "value",
    [
        "03/04/2016",
        "2026-02-30",
        "soon",
        "2026-11-14Tnoon",
        "2026-11-14 25:00",
        5,
        True,
        "0",
        1e300,
    ],
)
def test_a_doubtful_date_is_refused(value: Any) -> None:
    """A date that may be read in two ways, or is none, is not guessed."""
    with pytest.raises(BadValue):
        as_date(value)

"""Events arrive where the application wants them, print nothing by default, and hold no secret."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLoggerFactory

from es_hybrid._logging import REDACTED, get_logger, redactor, use_structlog

EVERY_LEVEL = """
from es_hybrid._logging import get_logger
for name in ("search", "ingest", "reindex", "http"):
    log = get_logger(f"es_hybrid.{name}")
    for method in (log.debug, log.info, log.warning, log.error):
        method("search.degraded", stage="embed", name="x")
try:
    1 / 0
except ZeroDivisionError:
    log.error("ingest.failed", exc_info=True)
"""


@pytest.fixture
def own_structlog() -> Iterator[CapturingLoggerFactory]:
    """An application that has configured structlog for itself."""
    factory = CapturingLoggerFactory()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.processors.KeyValueRenderer()],
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    yield factory
    use_structlog(enabled=False)
    structlog.reset_defaults()


def test_nothing_is_printed_by_default() -> None:
    """In a program that configures no logging, not one byte goes to stdout or stderr."""
    run = subprocess.run([sys.executable, "-c", EVERY_LEVEL], capture_output=True, check=True)
    assert (run.stdout, run.stderr) == (b"", b"")


def test_fields_arrive_on_the_record(caplog: pytest.LogCaptureFixture) -> None:
    """An application's handler finds the event as the message and each field as an attribute."""
    with caplog.at_level(logging.INFO, logger="es_hybrid"):
        get_logger("es_hybrid.search").warning("search.degraded", stage="embed", took_ms=12.5)
    (record,) = caplog.records
    assert (record.name, record.levelname, record.getMessage()) == (
        "es_hybrid.search",
        "WARNING",
        "search.degraded",
    )
    assert vars(record)["stage"] == "embed"
    assert vars(record)["took_ms"] == 12.5


def test_levels_are_the_applications_business(caplog: pytest.LogCaptureFixture) -> None:
    """What is below the level set on the stdlib logger is dropped."""
    log = get_logger("es_hybrid.ingest")
    with caplog.at_level(logging.WARNING, logger="es_hybrid.ingest"):
        log.debug("ingest.read")
        log.info("ingest.finished")
        log.error("ingest.failed")
    assert [r.getMessage() for r in caplog.records] == ["ingest.failed"]


def test_a_field_may_have_any_name(caplog: pytest.LogCaptureFixture) -> None:
    """Names that `logging` keeps for itself get an underscore instead of raising."""
    with caplog.at_level(logging.INFO, logger="es_hybrid"):
        get_logger("es_hybrid.search").info("index.created", name="products", event=1, args=2)
    record = vars(caplog.records[0])
    assert (record["name_"], record["event_"], record["args_"]) == ("products", 1, 2)
    assert record["name"] == "es_hybrid.search"


def test_a_traceback_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    """`exc_info=True` reaches the record."""
    try:
        int("down")
    except ValueError:
        get_logger("es_hybrid.http").error("request.failed", exc_info=True)
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[0] is ValueError


def test_the_applications_structlog_is_left_alone(
    own_structlog: CapturingLoggerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """Without being asked, nothing reaches a structlog that the application configured."""
    before = structlog.get_config()
    get_logger("es_hybrid.search").warning("search.degraded")
    assert own_structlog.logger.calls == []
    assert [r.getMessage() for r in caplog.records] == ["search.degraded"]
    assert structlog.get_config() == before


def test_the_applications_structlog_is_used_when_asked(
    own_structlog: CapturingLoggerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """After `use_structlog` loggers made earlier follow, fields and redaction included."""
    log = get_logger("es_hybrid.search")
    use_structlog()
    log.warning("search.degraded", stage="embed", query="red shoe")
    (call,) = own_structlog.logger.calls
    line = call.args[0]
    assert "event='search.degraded'" in line
    assert "stage='embed'" in line
    assert "logger='es_hybrid.search'" in line
    assert "red shoe" not in line
    assert caplog.records == []


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apikey",
        "ES_API_KEY",
        "authorization",
        "password",
        "token",
        "access-token",
        "vector",
        "query_vector",
        "vectors",
        "embedding",
        "query",
        "text",
        "texts",
        "shopper_query",
    ],
)
@pytest.mark.parametrize("value", ["red shoe", [0.1, 0.2], ("a", "b"), {"a": 1}, b"x"])
def test_what_must_not_be_logged_is_replaced(name: str, value: object) -> None:
    """A field with such a name loses its value, at any depth and of any type but number."""
    redact = redactor()
    event: dict[str, Any] = {"event": "a.b", name: value, "deep": [{"x": {name: value}}]}
    assert redact(None, "info", event) == {
        "event": "a.b",
        name: REDACTED,
        "deep": [{"x": {name: REDACTED}}],
    }


def test_what_is_harmless_stays() -> None:
    """Counts, hashes, field names and ids are what logs are for."""
    event = {
        "event": "search.done",
        "tokens": 12,
        "texts": 32,
        "query": None,
        "text_hash": "ab12",
        "query_id": "q7",
        "vector_field": "embedding",
        "context": "checkout",
        "index": "products",
        "hits_by_page": {1: 24, 2: 7},
    }
    assert redactor()(None, "info", dict(event)) == event


def test_log_queries_allows_words_but_no_secrets() -> None:
    """The setting frees shoppers' words only."""
    event = {"query": "shoe", "text": "red", "query_vector": [0.1], "api_key": "k"}
    assert redactor(log_queries=True)(None, "info", event) == {
        "query": "shoe",
        "text": "red",
        "query_vector": REDACTED,
        "api_key": REDACTED,
    }


def test_credentials_inside_other_values_are_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """A URL's password and an authorization scheme's credentials do not reach a record."""
    get_logger("es_hybrid.http").warning(
        "request.failed", url="https://elastic:s3cret@es:9200/x", sent="Authorization: Bearer abc"
    )
    record = vars(caplog.records[0])
    assert record["url"] == f"https://{REDACTED}@es:9200/x"
    assert record["sent"] == f"Authorization: Bearer {REDACTED}"


def test_the_loggers_setting_reaches_its_records(caplog: pytest.LogCaptureFixture) -> None:
    """A logger made with `log_queries` shows the words, one made without does not."""
    get_logger("es_hybrid.search", log_queries=True).warning("search.degraded", query="shoe")
    get_logger("es_hybrid.search").warning("search.degraded", query="shoe")
    assert [vars(r)["query"] for r in caplog.records] == ["shoe", REDACTED]

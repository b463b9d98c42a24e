"""Exceptions as a line for a person."""

from __future__ import annotations

from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import AuthorizationException

from es_hybrid import IngestError
from es_hybrid.cli.failures import sentence
from es_hybrid.indexing.report import Tally

REASON = (
    "action [indices:data/write/bulk] is unauthorized for API key id [x] of user [dev],"
    " this action is granted by the index privileges [create_doc,index,write,all]"
)


def refused(body: object, *, message: str = "security_exception") -> AuthorizationException:
    meta = ApiResponseMeta(
        status=403,
        http_version="1.1",
        headers=HttpHeaders(),
        duration=0.0,
        node=NodeConfig("http", "es.example", 9200),
    )
    return AuthorizationException(message, meta, body)


def test_a_missing_privilege_is_named_with_the_role_that_has_it() -> None:
    """Of all that Elasticsearch says a person reads what to change."""
    body = {"error": {"root_cause": [{"type": "security_exception", "reason": REASON}]}}
    said = sentence(refused(body))
    assert "the key lacks the privilege create_doc or index or write;" in said
    assert said.endswith("es-hybrid roles ingester --index products prints a role that has it")


def test_a_failure_of_ours_names_the_privilege_behind_it() -> None:
    """An ingest that Elasticsearch refused says why, not only that."""
    report = Tally().report(elapsed_s=0.0, duplicates=0, warnings=())
    error = IngestError("writing to shop failed", report=report)
    error.__cause__ = refused({"error": {"reason": REASON}})
    assert "es-hybrid roles ingester" in sentence(error)
    error.__cause__ = ValueError("something else")
    assert sentence(error) == "writing to shop failed"


def test_an_answer_without_a_body_points_to_doctor() -> None:
    """A HEAD request is refused without a reason, and then doctor finds it."""
    said = sentence(refused(None, message="None"))
    assert "no reason is given; the API key lacks a privilege; es-hybrid doctor INDEX" in said

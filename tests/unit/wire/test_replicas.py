"""What a failure means beyond its own call."""

from __future__ import annotations

import pytest

from es_hybrid.errors import ContractError, EmbeddingError, ServiceTimeout
from es_hybrid.wire.replicas import another_may_help, is_servers_fault, may_be_one_texts


def refused(status: int | None, *, words: str = "", retryable: bool = False) -> EmbeddingError:
    return EmbeddingError(
        "it failed", service="embed", status=status, body_excerpt=words, retryable=retryable
    )


@pytest.mark.parametrize(
    ("error", "servers", "another", "texts"),
    [
        (refused(503, retryable=True), True, True, False),
        (refused(None, retryable=True), True, True, False),
        (refused(401), True, True, False),
        (refused(404, words="model not found"), True, True, False),
        (refused(400, words="dimensions is not supported"), True, True, False),
        (refused(400), False, False, True),
        (refused(413), False, False, True),
        (refused(500, words="input is too large to process"), False, False, True),
        (refused(None), False, False, True),
        (ContractError("NaN", service="embed", status=200), True, True, True),
        (ServiceTimeout("late", service="embed", retryable=True), True, False, False),
        (ValueError("a plug-in's own"), False, False, True),
        (ConnectionError("a plug-in's own"), False, False, False),
        (KeyboardInterrupt(), False, False, False),
    ],
)
def test_a_failure_is_somebodys(
    error: BaseException, servers: bool, another: bool, texts: bool
) -> None:
    """The server's, which another may not share, or that of one of the texts."""
    assert is_servers_fault(error) is servers
    assert another_may_help(error) is another
    assert may_be_one_texts(error) is texts

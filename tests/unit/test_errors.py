"""Errors say what happened and what to do, travel between processes, and tell no secrets."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

from es_hybrid import errors
from es_hybrid.errors import (
    ConfigurationError,
    ContractError,
    EmbeddingError,
    ExperimentError,
    HybridError,
    HybridWarning,
    IngestError,
    ReindexError,
    RequestError,
    RerankError,
    RulesError,
    ServiceError,
    ServiceTimeout,
)

CLASSES = [
    thing
    for _, thing in inspect.getmembers(errors, inspect.isclass)
    if issubclass(thing, HybridError) and thing.__module__ == errors.__name__
]


def made(kind: type[HybridError]) -> HybridError:
    options: dict[str, Any] = {"hint": "do this"}
    if issubclass(kind, (RequestError, RulesError, ExperimentError)):
        options |= {"path": "ext.hybrid.window"}
    elif issubclass(kind, ServiceError):
        options |= {"service": "embed", "status": 503, "attempts": 2, "elapsed_s": 0.5}
        options |= {"body_excerpt": "busy", "retryable": True}
    elif issubclass(kind, (IngestError, ReindexError)):
        options |= {"report": {"failed": 3}}
    else:
        options |= {"stage": "plan", "retryable": True}
    return kind("it broke", **options)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_survives_pickling(kind: type[HybridError], protocol: int) -> None:
    """Type, message and every attribute arrive in another process."""
    error = made(kind)
    other = pickle.loads(pickle.dumps(error, protocol))
    assert type(other) is kind
    assert str(other) == str(error)
    assert other.args == error.args
    assert vars(other) == vars(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_can_be_copied(kind: type[HybridError]) -> None:
    """A copy is as good as the original."""
    error = made(kind)
    assert vars(copy.copy(error)) == vars(error)
    assert str(copy.deepcopy(error)) == str(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_messages_end_with_what_to_do(kind: type[HybridError]) -> None:
    """The hint is part of what a person reads."""
    assert str(made(kind)).endswith("it broke; do this")


def test_the_tree_drawn_on_top_is_the_tree() -> None:
    """Every class stands in the drawing and is exported."""
    assert errors.__doc__
    for kind in CLASSES:
        assert kind.__name__ in errors.__doc__
    assert {kind.__name__ for kind in CLASSES} | {"HybridWarning", "missing_extra"} == set(
        errors.__all__
    )


@pytest.mark.parametrize(
    ("kind", "parents"),
    [
        (ConfigurationError, (HybridError, ValueError)),
        (RequestError, (HybridError, ValueError)),
        (RulesError, (HybridError, ValueError)),
        (ExperimentError, (HybridError, ValueError)),
        (ServiceTimeout, (ServiceError, TimeoutError)),
        (EmbeddingError, (ServiceError,)),
        (RerankError, (ServiceError,)),
        (ContractError, (ServiceError,)),
        (HybridWarning, (UserWarning,)),
    ],
)
def test_they_are_what_a_caller_expects(kind: type[Exception], parents: tuple[type, ...]) -> None:
    """An ordinary `except ValueError` or `except TimeoutError` catches them."""
    assert all(issubclass(kind, parent) for parent in parents)


def test_paths() -> None:
    """A request's mistake begins with its JSON path."""
    error = RequestError("must be above 0", path="ext.hybrid.window", hint="raise it")
    assert str(error) == "ext.hybrid.window: must be above 0; raise it"
    assert (error.path, error.stage, error.retryable) == ("ext.hybrid.window", "request", False)


def test_what_was_spent() -> None:
    """Attempts and time are written onto the same error."""
    error = EmbeddingError("503", service="embed", status=503)
    assert error.after(attempts=3, elapsed_s=0.4) is error
    assert (error.attempts, error.elapsed_s, error.stage) == (3, 0.4, "embed")


def test_a_mistake_inside_another_request() -> None:
    """One search of several is named in the path, with the same message and hint."""
    error = RequestError("is blank", path="ext.hybrid.text", hint="say it").inside("searches.3")
    assert str(error) == "searches.3.ext.hybrid.text: is blank; say it"

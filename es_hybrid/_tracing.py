"""OpenTelemetry spans around a search and its stages, where the extra `otel` is installed.

The Elasticsearch client opens spans of its own; ours are the parents of those, because each is the
current span while its block runs. Without the package, or without an SDK that the application has
configured, nothing happens. Attributes are names and counts; an exception is told by its class,
since a message of Elasticsearch's may quote the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

from es_hybrid._version import __version__

try:
    from opentelemetry import trace

    _tracer: Any = trace.get_tracer("es_hybrid", __version__)
except ImportError:
    _tracer = None

Attribute: TypeAlias = str | bool | int | float | tuple[str, ...]


class Span:
    """A span that takes attributes, or nothing at all."""

    __slots__ = ("_span",)

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def note(self, attributes: Callable[[], Mapping[str, Attribute | None]]) -> None:
        """Add attributes, under `es_hybrid.`; those that are `None` are left out.

        Args:
            attributes: Called only where somebody takes them.
        """
        if self._span is None or not self._span.is_recording():
            return
        for name, value in attributes().items():
            if value is not None:
                self._span.set_attribute(f"es_hybrid.{name}", value)


def _is_recorded() -> bool:
    """Tell whether anybody takes spans: one that nobody takes costs as much as one that counts."""
    return _tracer is not None and not isinstance(
        trace.get_tracer_provider(), trace.ProxyTracerProvider
    )


_NOTHING = nullcontext(Span())


def span(name: str) -> AbstractContextManager[Span]:
    """Make the block a span.

    Args:
        name: Such as `search`; shown as `es_hybrid.search`.

    Example:
        with span("search") as current:
            current.note(lambda: {"plan": "msearch_fusion"})
    """
    return _recorded(name) if _is_recorded() else _NOTHING


@contextmanager
def _recorded(name: str) -> Iterator[Span]:
    with _tracer.start_as_current_span(
        f"es_hybrid.{name}", record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield Span(opened)
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(trace.Status(trace.StatusCode.ERROR))
            raise

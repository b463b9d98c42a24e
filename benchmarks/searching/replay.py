"""The processor time that we add to a search: all of it, less what the same requests cost bare.

Each query is searched once through a client that writes down the calls our code makes of it. Then,
in turns, the search runs with a plain client, and the calls that were written down run with that
same client: same bytes, same answers, no es_hybrid. The difference of the process's processor time
is ours: planning, encoding the legs, reading them, fusing, boosting, shaping the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch

Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class RecordingClient(Elasticsearch):
    """A client that writes down what it is called with; only the outermost call counts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.calls: list[Call] = []
        self.answers: list[Any] = []
        self._within = False

    def search(self, *args: Any, **kwargs: Any) -> Any:
        """Search, and write it down."""
        self.calls.append(("search", args, kwargs))
        self._within = True
        try:
            answer = super().search(*args, **kwargs)
        finally:
            self._within = False
        self.answers.append(answer)
        return answer

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:
        """Send, and write it down where it is not part of a search."""
        answer = super().perform_request(*args, **kwargs)
        if not self._within:
            self.calls.append(("perform_request", args, kwargs))
            self.answers.append(answer)
        return answer


class InstantClient(RecordingClient):
    """The same, which answers from memory once it has been told what: in the order it was asked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.remembered: Iterator[Any] | None = None

    def search(self, *args: Any, **kwargs: Any) -> Any:
        """Answer from memory."""
        return super().search(*args, **kwargs) if self.remembered is None else next(self.remembered)

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:
        """Answer from memory."""
        if self.remembered is None:
            return super().perform_request(*args, **kwargs)
        return next(self.remembered)


def recorded(
    client: RecordingClient, search: Callable[[str], Any], texts: Sequence[str]
) -> dict[str, list[Call]]:
    """Return the calls that each search makes, without those that are made only once."""
    search(texts[0])  # asks for the mapping and the version
    calls = {}
    for text in texts:
        client.calls.clear()
        search(text)
        calls[text] = list(client.calls)
    return calls


def instant_cpu_ms(
    client: InstantClient, search: Callable[[str], Any], texts: Sequence[str], *, rounds: int
) -> list[float]:
    """Return the processor time of each search that is answered from memory."""
    client.remembered = None
    search(texts[0])
    answers = {}
    for text in texts:
        client.answers.clear()
        search(text)
        answers[text] = list(client.answers)
    took = []
    for _ in range(rounds):
        for text in texts:
            client.remembered = iter(answers[text])
            start = time.process_time_ns()
            search(text)
            took.append((time.process_time_ns() - start) / 1e6)
    return took


def added_cpu_ms(
    es: Elasticsearch,
    search: Callable[[str], Any],
    calls: dict[str, list[Call]],
    *,
    rounds: int,
) -> list[float]:
    """Return for each search how much processor time it took above its own requests."""

    def ours(text: str) -> None:
        search(text)

    def bare(text: str) -> None:
        for name, args, kwargs in calls[text]:
            getattr(es, name)(*args, **kwargs)

    added = []
    for number in range(rounds):
        for text in calls:
            first, second = (ours, bare) if number % 2 else (bare, ours)
            start = time.process_time_ns()
            first(text)
            middle = time.process_time_ns()
            second(text)
            end = time.process_time_ns()
            sign = 1 if number % 2 else -1
            added.append(sign * ((middle - start) - (end - middle)) / 1e6)
    return added

"""Key-value events on stdlib loggers, wrapped by structlog without side effects.

By default nothing is printed: events go to the stdlib loggers below `es_hybrid`, where a `LogRecord`
carries each field as an attribute. An unconfigured structlog would print to stdout, so structlog's
global configuration is neither read nor changed unless the application calls `use_structlog`.

Event names are `noun.verb`, such as `search.degraded`: never sentences, never f-strings. Secrets,
vectors and shoppers' words do not belong in an event; `redactor` is the last line of defence.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import structlog
from structlog.typing import EventDict

REDACTED = "[redacted]"

_SECRET = re.compile(
    r"(?:^|[_.-])(?:api_?key|authorization|password|passwd|secret|token|cookie|credential"
    r"|vector|embedding)s?$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?:^|[_.-])(?:query|queries|texts?|documents?)$", re.IGNORECASE)
# Credentials inside other values: https://user:password@host, "Authorization: Bearer x".
_INLINE = re.compile(
    r"(?<=://)[^/@\s]+(?=@)|(?:(?<=bearer )|(?<=apikey )|(?<=basic ))\S+", re.IGNORECASE
)

# `Logger.makeRecord` refuses these as fields, and structlog needs `event` for itself.
_TAKEN = {*vars(logging.makeLogRecord({})), "message", "asctime", "event"}
_TAKEN -= {"exc_info", "stack_info"}  # these two are meant for it

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

logging.getLogger("es_hybrid").addHandler(logging.NullHandler())


def redactor(*, log_queries: bool = False) -> Callable[[Any, str, EventDict], EventDict]:
    """Return a structlog processor that replaces what must not be logged.

    A field is judged by its name, at any depth: `api_key`, `query_vector`, `texts`. Numbers stay,
    since `tokens=12` is a count. Credentials inside strings, such as those of an URL, go too.

    Args:
        log_queries: Whether shoppers' words and product texts may stay.

    Example:
        >>> redactor()(None, "info", {"event": "search.done", "query": "shoe", "hits": 3})
        {'event': 'search.done', 'query': '[redacted]', 'hits': 3}
    """

    def hidden(name: object) -> bool:
        if not isinstance(name, str):
            return False
        return bool(_SECRET.search(name) or (not log_queries and _WORDS.search(name)))

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return _INLINE.sub(REDACTED, value)
        if isinstance(value, Mapping):
            return {k: replaced(k, v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [clean(item) for item in value]
        return value

    def replaced(name: object, value: Any) -> Any:
        harmless = value is None or isinstance(value, bool | int | float)
        return REDACTED if hidden(name) and not harmless else clean(value)

    def process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {name: replaced(name, value) for name, value in event.items()}

    return process


class EventLog:
    """Logs events of one part of es_hybrid; made by `get_logger`."""

    to_structlog: ClassVar[bool] = False  # process-wide, like structlog's own configuration

    def __init__(self, name: str, *, log_queries: bool) -> None:
        self.name = name
        self._redact = redactor(log_queries=log_queries)
        self._stdlib = logging.getLogger(name)
        self._wrapped = structlog.wrap_logger(
            self._stdlib,
            processors=[self._redact, structlog.stdlib.render_to_log_kwargs],
            wrapper_class=structlog.stdlib.BoundLogger,
            context_class=dict,
            cache_logger_on_first_use=False,
        ).bind()

    def debug(self, event: str, /, **fields: Any) -> None:
        """Log what only a developer of es_hybrid wants to see."""
        self._log("debug", event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        """Log a step that ended well."""
        self._log("info", event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        """Log something that was done without, or differently than asked."""
        self._log("warning", event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        """Log a failure; `exc_info=True` adds the traceback."""
        self._log("error", event, fields)

    def _log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if not (EventLog.to_structlog or self._stdlib.isEnabledFor(_LEVELS[level])):
            return
        named = {f"{k}_" if k in _TAKEN else k: v for k, v in fields.items()}
        if not EventLog.to_structlog:
            getattr(self._wrapped, level)(event, **named)
            return
        target = structlog.stdlib.get_logger(self.name).bind(logger=self.name)
        getattr(target, level)(event, **self._redact(None, level, named))


def get_logger(name: str, *, log_queries: bool = False) -> EventLog:
    """Return the logger of one part, such as `es_hybrid.search`.

    Args:
        name: `es_hybrid.search`, `.ingest`, `.reindex` or `.http`.
        log_queries: Whether its events may hold shoppers' words; the setting of the same name.

    Example:
        log = get_logger("es_hybrid.search")
        log.warning("search.degraded", stage="embed", reason="timeout")
    """
    return EventLog(name, log_queries=log_queries)


def use_structlog(*, enabled: bool = True) -> None:
    """Send es_hybrid's events through the application's own structlog.

    Call it after `structlog.configure(...)`; loggers made before and after follow. Until then events
    go to the stdlib loggers below `es_hybrid`.

    Args:
        enabled: `False` goes back to the stdlib loggers.

    Example:
        structlog.configure(...)
        use_structlog()
    """
    EventLog.to_structlog = enabled

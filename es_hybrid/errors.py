"""Every exception and warning of es_hybrid.

    HybridError                          .stage  .retryable  .hint
    ├─ ConfigurationError (ValueError)   a setting is missing, unknown or contradictory
    ├─ RequestError (ValueError)         ext.hybrid is wrong; .path
    ├─ RulesError (ValueError)           a rule set is wrong, or is not there; .path
    ├─ RulesConflict                     somebody else changed a rule set meanwhile
    ├─ ExperimentError (ValueError)      an experiment is wrong, or is not there; .path
    ├─ ExperimentConflict                somebody else changed an experiment meanwhile
    ├─ ServiceError                      a model server failed; .service .status .attempts .elapsed_s
    │  ├─ EmbeddingError
    │  ├─ RerankError
    │  ├─ ServiceTimeout (TimeoutError)  includes an exhausted budget
    │  └─ ContractError                  a 200 with the wrong shape: dims, count, index, NaN
    ├─ IngestError                       .report
    │  ├─ TooManyFailures                ES_HYBRID_INGEST__MAX_FAILURES was passed
    │  └─ DeletesRefused                 more than max_delete_share of an index is not in the feed
    ├─ MappingMismatch                   live index and mapping disagree: dims, similarity, model
    └─ ReindexError                      .report
       ├─ ReindexInProgress
       └─ SwapRefused                    checks failed; the alias was not moved
    HybridWarning (UserWarning)

Elasticsearch's own exceptions are never wrapped: a shop's `except NotFoundError` goes on working.
Messages say what happened, to what, and what to do; they never hold a key, a vector, a document
or a shopper's words.
"""

from __future__ import annotations

from typing import Any, Self

__all__ = [
    "ConfigurationError",
    "ContractError",
    "DeletesRefused",
    "EmbeddingError",
    "ExperimentConflict",
    "ExperimentError",
    "HybridError",
    "HybridWarning",
    "IngestError",
    "MappingMismatch",
    "ReindexError",
    "ReindexInProgress",
    "RequestError",
    "RerankError",
    "RulesConflict",
    "RulesError",
    "ServiceError",
    "ServiceTimeout",
    "SwapRefused",
    "TooManyFailures",
    "missing_extra",
]


class HybridWarning(UserWarning):
    """Something works, but not as well as it could."""


class HybridError(Exception):
    """Root of all exceptions that es_hybrid raises itself.

    Args:
        message: What happened, and to what.
        stage: The pipeline stage that failed, such as `"embed"`.
        retryable: Whether the same call may succeed later.
        hint: What to do about it; appended to the message.

    Example:
        >>> str(HybridError("index products has no vectors", hint="run es-hybrid ingest"))
        'index products has no vectors; run es-hybrid ingest'
    """

    def __init__(
        self,
        message: str,
        *,
        stage: str | None = None,
        retryable: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.stage = stage
        self.retryable = retryable
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # The default protocol would call __init__ with the message alone and lose what it appended.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _at(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def _rebuild(cls: type[HybridError], args: tuple[Any, ...], state: dict[str, Any]) -> HybridError:
    error: HybridError = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(HybridError, ValueError):
    """A setting is missing, unknown or contradictory."""


class RequestError(HybridError, ValueError):
    """A request cannot be answered as it is written; `.path` names the JSON path."""

    def __init__(self, message: str, *, path: str, hint: str | None = None) -> None:
        super().__init__(f"{path}: {message}", stage="request", hint=hint)
        self.path = path
        self.reason = message

    def inside(self, outer: str) -> Self:
        """Return the same mistake with the path of what holds the request.

        Example:
            >>> RequestError("is blank", path="ext.hybrid.text").inside("searches.3").path
            'searches.3.ext.hybrid.text'
        """
        return type(self)(self.reason, path=f"{outer}.{self.path}", hint=self.hint)


class RulesError(HybridError, ValueError):
    """A rule set is wrong, at the JSON path `.path`; or is not there, and `.path` is empty."""

    def __init__(self, message: str, *, path: str = "", hint: str | None = None) -> None:
        super().__init__(_at(path, message), stage="rules", hint=hint)
        self.path = path
        self.reason = message


class RulesConflict(HybridError):
    """Somebody else changed a rule set meanwhile; nothing was put in force."""


class ExperimentError(HybridError, ValueError):
    """An experiment is wrong, at the JSON path `.path`; or is not there, and `.path` is empty."""

    def __init__(self, message: str, *, path: str = "", hint: str | None = None) -> None:
        super().__init__(_at(path, message), stage="experiment", hint=hint)
        self.path = path
        self.reason = message


class ExperimentConflict(HybridError):
    """Somebody else changed an experiment meanwhile; it is as they left it."""


class ServiceError(HybridError):
    """A model server failed, after its retries.

    Attributes:
        service: `"embed"` or `"rerank"`.
        status: HTTP status, where an answer came.
        attempts: Calls made, the first included.
        elapsed_s: Seconds spent on them.
        body_excerpt: At most 300 characters of the server's own error message.
        retry_after_s: Seconds that the server asked to wait, where it did.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str,
        status: int | None = None,
        attempts: int = 1,
        elapsed_s: float = 0.0,
        body_excerpt: str | None = None,
        retry_after_s: float | None = None,
        retryable: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, stage=service, retryable=retryable, hint=hint)
        self.service = service
        self.status = status
        self.attempts = attempts
        self.elapsed_s = elapsed_s
        self.body_excerpt = body_excerpt
        self.retry_after_s = retry_after_s

    def after(self, *, attempts: int, elapsed_s: float) -> Self:
        """Record how much was spent before giving up, and return the same error."""
        self.attempts = attempts
        self.elapsed_s = elapsed_s
        return self


class EmbeddingError(ServiceError):
    """The embedding server answered with an error or could not be reached."""


class RerankError(ServiceError):
    """The rerank server answered with an error or could not be reached."""


class ServiceTimeout(ServiceError, TimeoutError):
    """A model server did not answer in time, or the search's budget was used up."""


class ContractError(ServiceError):
    """A model server answered 200 with the wrong shape: dims, count, index out of range, NaN."""


class IngestError(HybridError):
    """An ingest run could not go on; `.report` holds what was done until then."""

    def __init__(self, message: str, *, report: Any = None, hint: str | None = None) -> None:
        super().__init__(message, stage="ingest", hint=hint)
        self.report = report


class TooManyFailures(IngestError):
    """More products failed than `ES_HYBRID_INGEST__MAX_FAILURES` allows."""


class DeletesRefused(IngestError):
    """The feed was stored, and so much of the index is not in it that nothing was deleted."""


class MappingMismatch(HybridError):
    """The live index and the mapping disagree: dims, similarity or model."""


class ReindexError(HybridError):
    """A reindex could not go on; `.report` holds what was done until then."""

    def __init__(self, message: str, *, report: Any = None, hint: str | None = None) -> None:
        super().__init__(message, stage="reindex", hint=hint)
        self.report = report


class ReindexInProgress(ReindexError):
    """Another reindex of the same alias holds the lock."""


class SwapRefused(ReindexError):
    """The checks before the alias swap failed; the alias was not moved."""


def missing_extra(
    error: ImportError, *, user: str, extra: str, also: str = ""
) -> ConfigurationError:
    """Return the error for an optional package that is not installed.

    Args:
        error: What the import raised.
        user: What needs the package.
        extra: Of es-hybrid, which installs it.
        also: What else is to be done, or may be done instead; ends the hint.

    Example:
        >>> str(missing_extra(ImportError(name="ray.data"), user="a Ray ingest", extra="ray"))
        "a Ray ingest needs the package ray, which cannot be imported; run: pip install 'es-hybrid[ray]'"
    """
    package = (error.name or extra).partition(".")[0]
    return ConfigurationError(
        f"{user} needs the package {package}, which cannot be imported",
        hint=f"run: pip install 'es-hybrid[{extra}]'{also}",
    )

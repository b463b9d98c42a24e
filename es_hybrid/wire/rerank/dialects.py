"""How each rerank server wants to be asked: one small class per dialect.

They differ in field names, in where an instruction goes and in who applies the Qwen3-Reranker
prompt. No request limits the answer (`top_n`) or asks for the documents back. Fields were read in
the servers' code or documents: vLLM 0.33, SGLang 0.5.23, Xinference 2.10, TEI 1.9, infinity of
2025-10, llama.cpp of 2026-08, Cohere v2, Jina v1, DashScope's compatible mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Literal, TypeAlias

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.types import Json
from es_hybrid.wire.templates import rerank_document, rerank_query

__all__ = ["DIALECTS", "RerankCodec", "Template", "check_template", "dialect", "texts_a_request"]

Template: TypeAlias = Literal["server", "client", "none"]
"""Who applies the Qwen3-Reranker prompt; `none` where the model has no such prompt."""

_ANY: frozenset[Template] = frozenset({"server", "client", "none"})
_NOT_CLIENT: frozenset[Template] = frozenset({"server", "none"})
_NO_PROMPT: frozenset[Template] = frozenset({"none"})
_MOST_DOCUMENTS = 1000
_NO_ECHO = MappingProxyType({"return_documents": False})


class RerankCodec:
    """Says a rerank request in one server's words; a dialect states what differs.

    Attributes:
        name: The dialect's name in settings.
        max_documents: Texts that the server takes in one request unless it was told otherwise, where
            it has a limit.
        templates: Who may apply the prompt.
        model_instruction: With which of them a model's usual instruction is sent unasked.
        texts_key: The field that holds the texts.
        instruction_key: The field that holds an instruction, where there is one.
        sends_model: Whether the model's name belongs in the body.
        constants: Fields that never change.
    """

    name: ClassVar[str]
    max_documents: ClassVar[int | None] = None
    templates: ClassVar[frozenset[Template]] = _NOT_CLIENT
    model_instruction: ClassVar[frozenset[Template]] = frozenset()
    texts_key: ClassVar[str] = "documents"
    instruction_key: ClassVar[str | None] = None
    sends_model: ClassVar[bool] = True
    constants: ClassVar[Mapping[str, bool]] = MappingProxyType({})

    def encode(
        self,
        query: str,
        texts: Sequence[str],
        *,
        model: str,
        instruction: str | None,
        template: Template,
    ) -> Json:
        """Return the request's JSON body.

        Args:
            query: Clean words; see `prepare_texts`.
            texts: Different, none blank.
            model: Left out if empty.
            instruction: Put where the dialect takes one; dropped where it takes none.
            template: One of `templates`; with `client`, query and texts carry the prompt.

        Example:
            >>> dialect("llamacpp").encode(
            ...     "boot", ["Red boot"], model="", instruction=None, template="none"
            ... )
            {'query': 'boot', 'documents': ['Red boot']}
        """
        body: Json = {"model": model} if model and self.sends_model else {}
        body |= self.constants
        if template == "client":
            body["query"] = rerank_query(query, instruction)
            body[self.texts_key] = [rerank_document(text) for text in texts]
            return body
        body["query"] = query
        body[self.texts_key] = list(texts)
        if instruction and self.instruction_key:
            body[self.instruction_key] = instruction
        return body

    def reads_instruction(self, template: Template) -> bool:
        """Say whether an instruction reaches the model.

        Example:
            >>> dialect("sglang").reads_instruction("server"), dialect("tei").reads_instruction("none")
            (True, False)
        """
        return template == "client" or self.instruction_key is not None


class VllmCodec(RerankCodec):
    """`instruction` from 0.22 on; earlier versions ignore it. Documents always come back."""

    name = "vllm"
    templates = _ANY
    model_instruction = _ANY
    instruction_key = "instruction"


class SglangCodec(RerankCodec):
    """The server templates by itself; its instruction is called `instruct`."""

    name = "sglang"
    model_instruction = _NOT_CLIENT
    instruction_key = "instruct"
    constants = _NO_ECHO


class XinferenceCodec(RerankCodec):
    """Extra arguments travel as JSON inside a string.

    Its vLLM engine templates by itself, with a fixed instruction, unless told not to, and answers
    500 to any other extra argument; its sentence-transformers engine takes `instruction`. Which
    engine runs cannot be seen, so only an instruction that was asked for is sent.
    """

    name = "xinference"
    templates = _ANY
    model_instruction = frozenset[Template]({"client"})
    constants = _NO_ECHO

    def encode(
        self,
        query: str,
        texts: Sequence[str],
        *,
        model: str,
        instruction: str | None,
        template: Template,
    ) -> Json:
        """Return the request's JSON body; see `RerankCodec.encode`."""
        body = super().encode(query, texts, model=model, instruction=instruction, template=template)
        if template == "client":
            body["kwargs"] = orjson.dumps({"enable_qwen3_rerank_template": False}).decode()
        elif template == "server" and instruction:
            body["kwargs"] = orjson.dumps({"instruction": instruction}).decode()
        return body

    def reads_instruction(self, template: Template) -> bool:
        """Say whether an instruction reaches the model; see `RerankCodec.reads_instruction`."""
        return template != "none"


class TeiCodec(RerankCodec):
    """`texts`, not `documents`; 32 of them at most. Cannot serve Qwen3-Reranker."""

    name = "tei"
    max_documents = 32
    templates = _NO_PROMPT
    texts_key = "texts"
    sends_model = False
    # Else one long text fails the others where --auto-truncate is off.
    constants = MappingProxyType({"truncate": True})


class InfinityCodec(RerankCodec):
    """Trims what it gets, so a prompt from here would lose its ending."""

    name = "infinity"
    max_documents = 2048
    templates = _NO_PROMPT
    constants = _NO_ECHO


class LlamaCppCodec(RerankCodec):
    """The prompt is part of the GGUF file; no instruction can be sent."""

    name = "llamacpp"


class CohereCodec(RerankCodec):
    """Version 2, which has no `return_documents`."""

    name = "cohere"
    max_documents = 10_000


class JinaCodec(RerankCodec):
    """Returns the documents unless told not to."""

    name = "jina"
    constants = _NO_ECHO


class DashscopeCodec(RerankCodec):
    """Compatible mode; `qwen3-rerank` takes `instruct` and 500 documents."""

    name = "dashscope"
    max_documents = 500
    model_instruction = _NOT_CLIENT
    instruction_key = "instruct"


_CODECS: tuple[RerankCodec, ...] = (
    VllmCodec(),
    SglangCodec(),
    XinferenceCodec(),
    TeiCodec(),
    InfinityCodec(),
    LlamaCppCodec(),
    CohereCodec(),
    JinaCodec(),
    DashscopeCodec(),
)
DIALECTS: Mapping[str, RerankCodec] = MappingProxyType({codec.name: codec for codec in _CODECS})
"""Every dialect by its name in settings."""


def dialect(name: str) -> RerankCodec:
    """Return the codec of a dialect.

    Raises:
        ConfigurationError: There is none of that name; lists those there are.

    Example:
        >>> dialect("tei").max_documents
        32
    """
    codec = DIALECTS.get(name)
    if codec is None:
        known = ", ".join(DIALECTS)
        raise ConfigurationError(
            f"unknown rerank dialect {name!r}",
            hint=f"set ES_HYBRID_RERANK__DIALECT to one of {known}",
        )
    return codec


def texts_a_request(codec: RerankCodec, wanted: int | None) -> int:
    """Return how many texts go into one request.

    Args:
        codec: A dialect, with the limit that its server has unless it was told otherwise.
        wanted: The setting, which knows what the server was told.

    Example:
        >>> texts_a_request(dialect("tei"), None), texts_a_request(dialect("tei"), 128)
        (32, 128)
    """
    return wanted or min(_MOST_DOCUMENTS, codec.max_documents or _MOST_DOCUMENTS)


def check_template(codec: RerankCodec, template: Template) -> None:
    """Refuse a combination that a server would answer with 200 and wrong scores.

    Raises:
        ConfigurationError: The prompt cannot be applied there for this dialect.

    Example:
        >>> check_template(dialect("vllm"), "client")
    """
    if template not in codec.templates:
        known = ", ".join(sorted(codec.templates))
        raise ConfigurationError(
            f"a {codec.name} server cannot work with template={template!r}",
            hint=f"set ES_HYBRID_RERANK__TEMPLATE to one of {known}",
        )

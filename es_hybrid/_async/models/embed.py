"""Embeds texts on an OpenAI-style server."""

from __future__ import annotations

from collections.abc import Sequence

from es_hybrid._async.models.attempts import SEARCH_RETRY
from es_hybrid._async.models.openai_server import AsyncOpenAIServer
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ConfigurationError
from es_hybrid.instructions import query_instruction
from es_hybrid.profiles import embedder_profile
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import TextKind, Vectors
from es_hybrid.wire.embeddings import decode_embeddings, encode_texts, parse_embeddings

SERVICE = "embed"
# 2048 vectors of 4096 dims take about 180 MB as decimals.
MAX_BYTES = 256_000_000


class AsyncEmbedClient:
    """Turns texts into vectors on a server; satisfies `AsyncEmbedder`.

    Making one imports openai, which takes about a second: make it at start, not in a search.

    Args:
        settings: Address, key, model and what the model wants.
        retry: How failed calls are repeated within a call's `timeout_s`; by default once, quickly.

    Attributes:
        instruction: The task that goes before queries; `None`: the model is not known to read one.

    Raises:
        ConfigurationError: `base_url` or `model` is missing.

    Example:
        client = AsyncEmbedClient(EmbedSettings(base_url="http://localhost:8000/v1", model="m"))
        vectors = await client.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=0.15)
    """

    def __init__(self, settings: EmbedSettings, *, retry: RetryPolicy = SEARCH_RETRY) -> None:
        if not settings.base_url or not settings.model:
            raise ConfigurationError(
                "no embedding server is configured",
                hint="set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL",
            )
        self.model = settings.model
        self._settings = settings
        usual = embedder_profile(settings.model).query_instruction
        asked = query_instruction(settings.query_instruction)
        self.instruction = usual if asked is None or (usual is None and not asked) else asked
        self._server = AsyncOpenAIServer(
            settings.base_url,
            settings.api_key,
            service=SERVICE,
            max_bytes=MAX_BYTES,
            retry=retry,
        )

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one unit-length row per text; one call is one request.

        Args:
            texts: None blank, no more than the server takes at once.
            kind: Queries get the instruction, documents go bare.
            timeout_s: Seconds for everything, retries included.
            instruction: The task of this call's queries; `None` takes `self.instruction`, empty
                sends them bare.

        Returns:
            Shape `(len(texts), dims)`, float32.

        Raises:
            EmbeddingError: A text is blank, or the server refused or could not be reached.
            ServiceTimeout: No whole answer in time.
            ContractError: An answer that breaks the contract: dims, count, index, NaN.
        """
        settings = self._settings
        request = encode_texts(
            texts,
            kind=kind,
            model=self.model,
            instruction=self.instruction if instruction is None else instruction,
            dimensions=settings.dims if settings.send_dimensions else None,
            encoding_format=settings.encoding_format,
            max_tokens=settings.max_tokens,
        )
        if not texts:
            return decode_embeddings([], count=0, dims=settings.dims)

        def read(content: bytes) -> Vectors:
            items = parse_embeddings(content)
            return decode_embeddings(items, count=len(texts), dims=settings.dims)

        return await self._server.embeddings(
            request, read, sent=request["input"], timeout_s=timeout_s
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

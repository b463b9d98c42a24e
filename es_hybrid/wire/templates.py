"""The prompts that Qwen3 models were trained with, byte for byte.

Exactly one side applies a reranker's prompt, client or server. None, or both, is answered with
HTTP 200 and wrong numbers. Source: the README and examples of QwenLM/Qwen3-Embedding; parts of the
reranker's prompt are joined by one newline, as in its Transformers example.
"""

from __future__ import annotations

__all__ = [
    "RERANK_INSTRUCTION",
    "RERANK_PREFIX",
    "RERANK_SUFFIX",
    "embed_query",
    "rerank_document",
    "rerank_query",
]

RERANK_PREFIX = (
    "<|im_start|>system\n"
    "Judge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n"
)
RERANK_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
RERANK_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
"""What Qwen's own examples use where no task is named."""


def embed_query(query: str, instruction: str) -> str:
    r"""Return a query as Qwen3-Embedding was trained to see it; documents go bare.

    Example:
        >>> embed_query("boot", "Find products")
        'Instruct: Find products\nQuery:boot'
    """
    return f"Instruct: {instruction}\nQuery:{query}"


def rerank_query(query: str, instruction: str | None = None) -> str:
    r"""Return the first part of a Qwen3-Reranker prompt, for a server that joins query and document.

    Example:
        >>> rerank_query("boot", "Find products").endswith("<Instruct>: Find products\n<Query>: boot\n")
        True
    """
    return f"{RERANK_PREFIX}<Instruct>: {instruction or RERANK_INSTRUCTION}\n<Query>: {query}\n"


def rerank_document(text: str) -> str:
    r"""Return the second part of a Qwen3-Reranker prompt.

    Example:
        >>> rerank_document("Leather boot").startswith("<Document>: Leather boot<|im_end|>\n")
        True
    """
    return f"<Document>: {text}{RERANK_SUFFIX}"

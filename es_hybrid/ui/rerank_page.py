"""The rerank page: a query, pasted products, and what the reranker makes of them."""

from __future__ import annotations

import gradio as gr

from es_hybrid.ui import markup
from es_hybrid.ui.candidates import tasks
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.words import Language, Words

__all__ = ["add_rerank_page"]


def add_rerank_page(playground: Playground, *, language: Language, words: Words) -> None:
    """Add the page to the open block."""
    ready = tasks(chinese=language is Language.ZH)
    with gr.Row(elem_classes=["eh-work", "eh-aside-first"]):
        with gr.Column(scale=2, min_width=280):
            text = gr.Textbox(
                label=words.query, placeholder=words.query_hint, elem_id="rerank-query"
            )
            pasted = gr.Textbox(
                label=words.candidates,
                placeholder=words.candidates_hint,
                lines=8,
                max_lines=20,
                elem_id="pasted",
            )
            task = gr.Dropdown(
                ready,
                value=ready[0][1],
                label=words.instruction,
                info=words.instruction_hint,
                allow_custom_value=True,
                elem_id="task",
            )
            button = gr.Button(words.rerank, variant="primary", elem_id="rerank")
        with gr.Column(scale=3, min_width=300):
            ranked = gr.HTML(
                markup.message(words.rerank_start)
                if playground.reranks
                else markup.message(words.no_reranker, problem=True),
                elem_id="ranked",
            )

    def rerank(query: str, lines: str, wanted: str | None) -> str:
        return playground.rerank(query, lines, task=wanted or "", language=language)

    gr.on(
        [text.submit, button.click],
        rerank,
        inputs=[text, pasted, task],
        outputs=[ranked],
        show_progress="hidden",
        api_visibility="private",
    )

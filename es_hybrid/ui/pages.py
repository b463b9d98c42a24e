"""All pages in one language, as Gradio wants them."""

from __future__ import annotations

import gradio as gr

from es_hybrid.ui import markup
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.judging_page import add_judging_page
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.recommend_page import add_recommend_page
from es_hybrid.ui.rerank_page import add_rerank_page
from es_hybrid.ui.search_page import add_search_page
from es_hybrid.ui.words import WORDS, Language

__all__ = ["build_pages"]

_AT_ONCE = 4


def build_pages(
    playground: Playground, language: Language, *, judging: Judging | None = None
) -> gr.Blocks:
    """Return the pages in one language; without a pool, the judging page says how to make one."""
    words = WORDS[language]
    # Gradio counts its users over the internet unless told not to.
    title = f"{words.title} · {playground.index}"
    blocks = gr.Blocks(analytics_enabled=False, title=title, fill_width=True)
    with blocks:
        top = gr.HTML(markup.heading(playground.index, language))
        with gr.Tab(words.search_page, id="search"):
            add_search_page(playground, language=language, words=words, blocks=blocks, top=top)
        with gr.Tab(words.rerank_page, id="rerank"):
            add_rerank_page(playground, language=language, words=words)
        with gr.Tab(words.recommend.page, id="recommend"):
            add_recommend_page(playground, language=language, words=words, blocks=blocks)
        with gr.Tab(words.judging.page, id="judging"):
            add_judging_page(playground, judging, language=language, blocks=blocks)
    blocks.queue(default_concurrency_limit=_AT_ONCE, api_open=False)
    return blocks

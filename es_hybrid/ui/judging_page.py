"""The judging page: one product at a time, and a button or a key for each grade."""

from __future__ import annotations

from typing import Any

import gradio as gr

from es_hybrid.errors import HybridError
from es_hybrid.ui import markup
from es_hybrid.ui.failures import said
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.turn import Turn
from es_hybrid.ui.words import WORDS, Language

__all__ = ["add_judging_page"]

_LONGEST_NAME = 60


def add_judging_page(
    playground: Playground, judging: Judging | None, *, language: Language, blocks: gr.Blocks
) -> None:
    """Add the page to the open block.

    Args:
        playground: Whose index is judged.
        judging: The pool; without it the page says how to make one.
        language: Of the page.
        blocks: The whole; when it is opened, the first product is shown.
    """
    words = WORDS[language].judging
    if judging is None:
        gr.HTML(markup.guide(words.no_pool, _steps(playground.index, words.no_pool_steps)))
        return
    with gr.Column(elem_classes="eh-desk"):
        name = gr.Textbox(
            judging.judge,
            label=words.judge,
            placeholder=words.judge_hint,
            visible=not judging.judge,
            max_length=_LONGEST_NAME,
            elem_id="judge-name",
        )
        with gr.Row(elem_classes="eh-judge"):
            with gr.Column(scale=3, min_width=300):
                shown = gr.HTML(elem_id="judging", js_on_load=markup.script("judging"))
            with gr.Column(scale=2, min_width=280):
                buttons = gr.HTML(markup.grading(words), elem_id="grading", js_on_load=None)
    state = gr.State(Turn(None))

    def show(turn: Turn, problem: str = "") -> list[Any]:
        html = judging.html(turn, index=playground.index, language=language, problem=problem)
        return [html, gr.update(visible=turn.item is not None), turn]

    def begin(judge: str | None, turn: Turn) -> list[Any]:
        try:
            return show(judging.begin(judge or "", turn))
        except (HybridError, OSError) as error:
            return _failed(error, turn)

    def act(turn: Turn, event: gr.EventData) -> list[Any]:
        wanted, key = str(event.act), str(event.item)
        if key != turn.key:
            return [gr.skip(), gr.skip(), gr.skip()]
        try:
            return show(_done(judging, turn, wanted))
        except (HybridError, OSError) as error:
            return _failed(error, turn)

    def _failed(error: Exception, turn: Turn) -> list[Any]:
        problem = WORDS[language].failed.format(said(error))
        try:
            return show(turn, problem)
        except (HybridError, OSError):
            return [markup.message(problem, problem=True), gr.update(visible=False), turn]

    asked: dict[str, Any] = {
        "outputs": [shown, buttons, state],
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    blocks.load(begin, inputs=[name, state], **asked)
    gr.on([name.submit, name.blur], begin, inputs=[name, state], **asked)
    shown.select(act, inputs=[state], **asked)


def _done(judging: Judging, turn: Turn, wanted: str) -> Turn:
    match wanted:
        case "skip":
            return judging.skip(turn)
        case "undo":
            return judging.undo(turn)
        case _:
            return judging.grade(turn, int(wanted))


def _steps(index: str, texts: tuple[str, str, str]) -> list[tuple[str, str]]:
    commands = (
        "es-hybrid judge sample searches.ndjson --out queries.csv",
        f"es-hybrid judge pool {index} --queries queries.csv --out pool.csv",
        f"es-hybrid playground {index} --pool pool.csv --grades grades.csv --judge ann",
    )
    return list(zip(texts, commands, strict=True))

"""The recommendations page: products to start from, filters, and what is recommended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from es_hybrid.ui import markup
from es_hybrid.ui.controls import Controls
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.wanted import Kind, Wanted, ids_in
from es_hybrid.ui.words import Language, Words

__all__ = ["add_recommend_page"]

_MOST_SHOWN = 24
_SHOWN = 8


def add_recommend_page(
    playground: Playground, *, language: Language, words: Words, blocks: gr.Blocks
) -> None:
    """Add the page to the open block.

    Args:
        playground: Whose products are recommended.
        language: Of the page.
        words: Its texts.
        blocks: The whole; when it is opened, something is shown at once.
    """
    own, catalogue = words.recommend, playground.catalogue
    recommending = playground.recommending
    script = markup.script("recommend")
    # A phone shows first what stands first: without a product picked there is little to see.
    with gr.Row(elem_classes=["eh-work", "eh-aside-first"]):
        with gr.Column(scale=1, min_width=270):
            kind = gr.Radio(
                [(own.kinds[each], str(each)) for each in Kind],
                value=str(Kind.LIKE),
                label=own.kind,
                elem_id="kind",
            )
            with gr.Group(elem_classes="eh-seeds") as picking:
                find = gr.Textbox(label=own.find, placeholder=own.find_hint, elem_id="find")
                found = gr.HTML(elem_id="found", js_on_load=script)
                ids = gr.Textbox(label=own.ids, placeholder=own.ids_hint, elem_id="ids")
            with gr.Accordion(words.filters, open=False):
                size = gr.Slider(1, _MOST_SHOWN, _SHOWN, step=1, label=own.size)
                facets = [
                    gr.CheckboxGroup([], label=name, visible=False) for name in catalogue.facets
                ]
                prices = (
                    [gr.Number(None, label=label, minimum=0) for label in _bounds(words)]
                    if catalogue.price
                    else []
                )
                clear = gr.Button(words.clear, size="sm")
        with gr.Column(scale=5, min_width=300):
            shown = gr.HTML(elem_id="recommended", js_on_load=script)

    def wanted_of(values: Sequence[Any]) -> Wanted:
        chosen, bounds = values[3 : 3 + len(facets)], values[3 + len(facets) :]
        low, high = bounds or (None, None)
        controls = Controls(
            "",
            size=int(values[2]),
            facets=dict(zip(catalogue.facets, chosen, strict=True)),
            # Gradio makes 0 of a cleared number with a minimum.
            price_from=low or None,
            price_to=high or None,
            language=language,
        )
        return Wanted(Kind(values[0]), ids_in(values[1] or ""), controls)

    def answer(wanted: Wanted) -> list[Any]:
        picks = gr.update(visible=wanted.kind is not Kind.TRENDING)
        return [recommending.recommend(wanted), ", ".join(wanted.ids), picks, str(wanted.kind)]

    def recommend(*values: Any) -> list[Any]:
        return answer(wanted_of(values))

    def act(event: gr.EventData, *values: Any) -> list[Any]:
        wanted, id_ = wanted_of(values), str(event.id)
        return answer(wanted.with_id(id_) if event.act == "add" else wanted.without_id(id_))

    def offered() -> list[Any]:
        by_field = {facet.field: facet for facet in recommending.facets()}
        return [
            gr.update(choices=list(by_field[name].choices), visible=True)
            if name in by_field and by_field[name].choices
            else gr.update(visible=False)
            for name in catalogue.facets
        ]

    inputs = [kind, ids, size, *facets, *prices]
    asked: dict[str, Any] = {
        "inputs": inputs,
        "outputs": [shown, ids, picking, kind],
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "always_last",
    }
    chosen = [kind.input, *(facet.input for facet in facets)]
    gr.on(
        [*chosen, size.change, ids.submit, *(price.submit for price in prices)], recommend, **asked
    )
    gr.on([shown.select, found.select], act, **asked)
    clear.click(
        lambda: [[] for _ in facets] + [None for _ in prices],
        outputs=[*facets, *prices],
        api_visibility="private",
    ).then(recommend, **asked)
    find.change(
        lambda text: recommending.find(text or "", language=language),
        inputs=[find],
        outputs=[found],
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
    )
    blocks.load(offered, outputs=facets, api_visibility="private").then(recommend, **asked)


def _bounds(words: Words) -> tuple[str, str]:
    return words.price_from, words.price_to

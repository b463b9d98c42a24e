"""The search page: recipes side by side, with everything that can be turned."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from es_hybrid.types import Json
from es_hybrid.ui import markup
from es_hybrid.ui.controls import Column, Controls
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.words import Language, Words

__all__ = ["add_search_page"]

_MOST_SHOWN = 20
_FACTORS = (0.5, 2.0)


def add_search_page(
    playground: Playground, *, language: Language, words: Words, blocks: gr.Blocks, top: gr.HTML
) -> None:
    """Add the page to the open block.

    Args:
        playground: What is searched.
        language: Of the page.
        words: Its texts.
        blocks: The whole, whose address may bring a query.
        top: The heading; its links keep the query.
    """
    catalogue = playground.catalogue
    with gr.Row(equal_height=True):
        text = gr.Textbox(
            label=words.query,
            placeholder=words.query_hint,
            autofocus=True,
            scale=6,
            min_width=220,
            elem_id="query",
        )
        button = gr.Button(words.search, variant="primary", scale=1, min_width=90)
    shown = gr.CheckboxGroup(
        [(words.recipes[column], str(column)) for column in Column],
        value=[str(column) for column in Column],
        label=words.show,
        elem_id="recipes",
    )
    with gr.Row(elem_classes="eh-work"):
        with gr.Column(scale=5, min_width=300):
            results = gr.HTML(markup.message(words.start), elem_id="results")
        with gr.Column(scale=1, min_width=270):
            with gr.Accordion(words.tuning, open=True):
                own, lexical, rerank = _weights(playground, words)
                factors = [_factor(boost, words) for boost in catalogue.boosts]
                size = gr.Slider(1, _MOST_SHOWN, 6, step=1, label=words.size, elem_id="size")
            with gr.Accordion(words.filters, open=True):
                prices = _prices(words) if catalogue.price else []
                facets = [
                    gr.CheckboxGroup([], label=name, visible=False) for name in catalogue.facets
                ]
                clear = gr.Button(words.clear, size="sm")

    def search(*values: Any, own_weights: bool | None = None) -> list[Any]:
        controls = _controls(values, playground, language=language, own_weights=own_weights)
        html, offered = playground.search(controls)
        by_field = {facet.field: facet for facet in offered}
        updates = []
        for name in catalogue.facets:
            facet = by_field.get(name)
            updates.append(
                gr.update(visible=False)
                if facet is None or not facet.choices
                else gr.update(choices=list(facet.choices), value=list(facet.chosen), visible=True)
            )
        heading = markup.heading(playground.index, language, text=controls.text)
        uses_own = bool(values[_OWN]) if own_weights is None else own_weights
        return [html, heading, uses_own, *updates]

    inputs = [text, shown, size, own, lexical, rerank, *factors, *facets, *prices]
    outputs: list[Any] = [results, top, own, *facets]
    asked: dict[str, Any] = {
        "inputs": inputs,
        "outputs": outputs,
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "always_last",
    }
    # By a visitor only: what a search itself writes there must not start another one.
    chosen = [shown.input, own.input, *(facet.input for facet in facets)]
    turned = [size.change, *(slider.change for slider in factors)]
    typed = [text.submit, button.click, *(price.submit for price in prices)]
    gr.on([*typed, *chosen, *turned], search, **asked)
    gr.on([lexical.change, rerank.change], partial(search, own_weights=True), **asked)
    clear.click(
        lambda: [[] for _ in facets] + [None for _ in prices],
        outputs=[*facets, *prices],
        api_visibility="private",
    ).then(search, **asked)
    blocks.load(_query_of, outputs=[text], api_visibility="private").then(search, **asked)


_TEXT, _SHOWN, _SIZE, _OWN, _LEXICAL, _RERANK, _REST = range(7)


def _controls(
    values: tuple[Any, ...],
    playground: Playground,
    *,
    language: Language,
    own_weights: bool | None,
) -> Controls:
    catalogue = playground.catalogue
    boosts, facets = len(catalogue.boosts), len(catalogue.facets)
    rest = values[_REST:]
    own = bool(values[_OWN]) if own_weights is None else own_weights
    chosen = rest[boosts : boosts + facets]
    prices = rest[boosts + facets :]
    low, high = prices or (None, None)
    return Controls(
        text=(values[_TEXT] or "").strip(),
        columns=tuple(column for column in Column if column in values[_SHOWN]),
        size=int(values[_SIZE]),
        lexical_weight=values[_LEXICAL] if own else None,
        rerank_weight=values[_RERANK] if own else None,
        factors=tuple(rest[:boosts]),
        facets={
            name: picked for name, picked in zip(catalogue.facets, chosen, strict=True) if picked
        },
        # Gradio makes 0 of a cleared number with a minimum.
        price_from=low or None,
        price_to=high or None,
        language=language,
    )


def _weights(playground: Playground, words: Words) -> tuple[gr.Checkbox, gr.Slider, gr.Slider]:
    own = gr.Checkbox(value=False, label=words.own_weights, elem_id="own-weights")
    lexical = gr.Slider(0, 1, 0.5, step=0.05, label=words.lexical_weight, elem_id="lexical-weight")
    rerank = gr.Slider(0, 1, 0.5, step=0.05, label=words.rerank_weight, visible=playground.reranks)
    return own, lexical, rerank


def _prices(words: Words) -> list[gr.Number]:
    return [gr.Number(None, label=label, minimum=0) for label in (words.price_from, words.price_to)]


def _factor(boost: Json, words: Words) -> gr.Slider:
    low, high = _FACTORS
    name = str(boost["field"])
    if "equals" in boost:
        name = f"{name} = {boost['equals']}"
    return gr.Slider(low, high, boost["factor"], step=0.05, label=f"{words.boost} {name}")


def _query_of(request: gr.Request) -> Any:
    """Return the query that the address brings; a link to a search can be passed on."""
    # Without one, a visitor may be typing already.
    return request.query_params.get("q") or gr.skip()

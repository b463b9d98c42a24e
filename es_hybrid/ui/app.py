"""The playground as an ASGI application: its pages by language, and what they may load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from es_hybrid.errors import missing_extra
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.markup import stylesheet
from es_hybrid.ui.playground import Playground
from es_hybrid.ui.words import Language

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["create_app"]

# Scripts, styles, fonts and requests stay on this server: the pages work where there is no
# internet, and tell nobody of a search. Gradio's own pages need inline scripts and `eval`.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self' data:",
    "img-src": "'self' data: blob: http: https:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "content-security-policy": "; ".join(f"{what} {where}" for what, where in _POLICY.items()),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _Guarded:
    """Sends the headers with every answer, streams included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        await self._app(scope, receive, guarded)


def create_app(
    playground: Playground, *, judging: Judging | None = None, language: Language = Language.EN
) -> ASGIApp:
    """Return the application; `/en/` and `/zh/` are the pages, `/` leads to one of them.

    Args:
        playground: What the pages search.
        judging: What is judged; without it, a page says how to make a pool.
        language: Where `/` leads to.

    Raises:
        ConfigurationError: The extra `ui` is not installed.

    Example:
        `uvicorn.run(create_app(open_playground(shop, "products")))`
    """
    # Read when Gradio is imported: no count of users, no check for a newer version.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import gradio as gr  # noqa: PLC0415 - an extra, and slow to import
        from fastapi import FastAPI  # noqa: PLC0415
        from starlette.responses import RedirectResponse, Response  # noqa: PLC0415

        from es_hybrid.ui.pages import build_pages  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra(error, user="the playground", extra="ui") from error
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def start() -> Response:
        return RedirectResponse(f"/{language}/")

    system = [gr.themes.Font(name) for name in ("system-ui", "sans-serif")]
    mono = [gr.themes.Font(name) for name in ("ui-monospace", "monospace")]
    theme = gr.themes.Base(text_size="sm", spacing_size="sm", font=system, font_mono=mono)
    # Gradio's own greys and blue have less than the contrast of 4.5 that small text needs.
    theme.set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        block_info_text_color="*neutral_500",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        body_text_color_subdued="*neutral_500",
    )
    for each in Language:
        gr.mount_gradio_app(
            app,
            build_pages(playground, each, judging=judging),
            path=f"/{each}",
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            theme=theme,
            css=stylesheet(),
        )
    return _Guarded(app)

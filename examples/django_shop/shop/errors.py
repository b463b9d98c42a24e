"""Exceptions of a search as answers over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from elasticsearch import ApiError, TransportError

from es_hybrid import RequestError


class SearchErrors:
    """Middleware: what was asked for wrongly is the caller's, what Elasticsearch failed is ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on."""
        return self._get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer in place of a page of Django's; its words are for the log, not for shoppers."""
        match error:
            case RequestError():
                return JsonResponse({"error": str(error)}, status=400)
            case ApiError() | TransportError():
                return JsonResponse({"error": "the search is not available"}, status=503)
            case _:
                return None

"""What the shop answers."""

from __future__ import annotations

import json

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from es_hybrid import HybridClient

FIELDS = ["title^3", "description"]
PAGE = 24


def opened() -> HybridClient:
    """Return the client of this process."""
    shop: HybridClient = apps.get_app_config("shop").client
    return shop


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Return a page of products, and what a click on it needs to name."""
    words, page = request.GET.get("q", "").strip(), request.GET.get("page", "1")
    if not 1 <= len(words) <= 200 or not page.isdecimal() or not 1 <= int(page) <= 40:
        return JsonResponse(
            {"error": "q has 1 to 200 characters, page is from 1 to 40"}, status=400
        )
    found = opened().search(
        index=settings.SHOP_INDEX,
        query={"multi_match": {"query": words, "fields": FIELDS}},
        from_=(int(page) - 1) * PAGE,
        size=PAGE,
    )
    return JsonResponse(
        {
            "query_id": found.hybrid.query_id,
            "total": found.total,
            "degraded": [f"{lack.stage}: {lack.reason}" for lack in found.hybrid.degraded],
            "products": [{"id": hit.id, **hit.source} for hit in found.hits],
        }
    )


@csrf_exempt  # of this example: a page of yours sends Django's token along
@require_POST
def click(request: HttpRequest) -> HttpResponse:
    """Log that a product was opened; nobody waits until it is written."""
    try:
        told = json.loads(request.body)
        query_id, product, position = told["query_id"], told["product"], told["position"]
    except (ValueError, LookupError, TypeError):
        return JsonResponse({"error": "a click has query_id, product and position"}, status=400)
    opened().log_event("click", query_id=query_id, object_id=product, position=position)
    return HttpResponse(status=202)


@require_GET
def health(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse()


@require_GET
def ready(_request: HttpRequest) -> HttpResponse:
    """Say whether searches can be answered: a model server that is away keeps nobody waiting."""
    return HttpResponse(status=200 if opened().options(request_timeout=1).ping() else 503)

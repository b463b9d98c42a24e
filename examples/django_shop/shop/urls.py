"""Where each view is."""

from __future__ import annotations

from django.urls import path

from shop import views

urlpatterns = [
    path("search", views.search),
    path("clicks", views.click),
    path("health", views.health),
    path("ready", views.ready),
]

"""The embedded models, loaded once."""

from __future__ import annotations

import pytest

from es_hybrid.local.model import StaticModel


@pytest.fixture(scope="session")
def model() -> StaticModel:
    return StaticModel.load()

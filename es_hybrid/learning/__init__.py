"""Learns a ranking from judged or clicked products; needs `es-hybrid[ltr]`."""

from __future__ import annotations

from es_hybrid.learning.examples import Example, examples_of
from es_hybrid.learning.training import Training, train
from es_hybrid.learning.validation import Validation, validate

__all__ = ["Example", "Training", "Validation", "examples_of", "train", "validate"]

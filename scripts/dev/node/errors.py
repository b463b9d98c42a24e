"""What stops the tools: a message that a person can act on."""

from __future__ import annotations


class SetupError(Exception):
    """Something on this machine is missing or wrong; the message says what to do."""

"""Decides how a source of changes is read: what comes next, and what is behind us for good."""

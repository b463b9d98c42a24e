"""Reindexing as decisions: what the new index is, which step comes next, what may be swapped."""

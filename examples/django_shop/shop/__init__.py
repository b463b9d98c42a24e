"""One app that searches; a shop has others beside it."""

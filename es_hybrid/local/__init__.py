"""The embedded models and the small server that speaks their wire formats (extra `local`)."""

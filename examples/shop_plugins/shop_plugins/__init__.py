"""A shop's own stages for es_hybrid."""

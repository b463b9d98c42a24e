"""Commands for the people who run and develop es_hybrid."""

"""All that the demo and the tests need running: an engine, the models, an environment."""

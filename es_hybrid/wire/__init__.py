"""How to say it: pure codecs of the model servers and of `_msearch`."""

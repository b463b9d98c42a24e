"""Builds an index anew behind its alias while writes go on."""

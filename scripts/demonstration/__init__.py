"""What `make demo` runs: a catalogue, an index, searches side by side, and figures."""

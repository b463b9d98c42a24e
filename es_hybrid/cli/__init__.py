"""The command line; it uses public names only."""

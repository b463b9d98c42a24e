"""Tools for developing es_hybrid; none of them is part of the library."""

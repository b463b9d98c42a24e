"""What to store: pure functions from products to mappings, actions and reports."""

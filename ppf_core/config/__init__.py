"""The pipeline file: read, located, checked, bound."""

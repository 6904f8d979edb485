"""Data-quality checks on rows, on aggregates and on whole frames."""

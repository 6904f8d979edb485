"""The everyday transforms on columns, rows and whole frames."""

"""A stream that makes its own rows."""

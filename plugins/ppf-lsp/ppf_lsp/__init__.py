"""A language server for pipeline files."""

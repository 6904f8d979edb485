"""Finding, choosing and loading plugins."""

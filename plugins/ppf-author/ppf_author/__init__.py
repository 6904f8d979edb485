"""Beginning a plugin."""

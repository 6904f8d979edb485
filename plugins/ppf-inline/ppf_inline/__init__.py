"""Sources whose rows need no outside system."""

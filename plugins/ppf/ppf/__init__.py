"""Batteries included: the kernel, Spark and the plugins that need no outside service. There is no code of its own here."""

"""Sinks for looking and for measuring."""

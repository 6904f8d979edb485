"""Checkpoints of runs, kept in files."""

"""Checks that are proposed from the rows of a frame."""

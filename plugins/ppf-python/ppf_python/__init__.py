"""Transforms written as plain Python functions."""

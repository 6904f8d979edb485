"""Transforms in SQL."""

"""Streams into tables in memory."""

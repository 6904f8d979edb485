"""Traces and metrics of runs over OTLP."""

"""Secrets from environment variables."""

"""Secrets from HashiCorp Vault."""

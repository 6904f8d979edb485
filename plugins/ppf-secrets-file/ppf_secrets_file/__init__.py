"""Secrets from files, as Kubernetes mounts them."""

"""For tests of plugins: a context to call a component with, and a plugin built as the kernel builds it."""

from ppf_core.testing.build import build
from ppf_core.testing.context import context

__all__ = ["build", "context"]

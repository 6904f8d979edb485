"""For tests of plugins: a context to call a component with, a plugin built as the kernel builds it, and streams."""

from ppf_core.testing.build import build
from ppf_core.testing.context import context
from ppf_core.testing.streams import MemoryStream, memory_stream, stream_batches, write_stream

__all__ = ["MemoryStream", "build", "context", "memory_stream", "stream_batches", "write_stream"]

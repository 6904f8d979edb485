"""For tests of plugins: a context to call a component with, and a plugin built as the kernel builds it."""

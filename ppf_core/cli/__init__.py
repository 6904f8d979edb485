"""How does a person ask for it? One module for each command: options in, a table or a document out.

The main path is `main`: `options` knows what commands share, `output` prints for people and as JSON, `progress` shows a run.
Commands of plugins come in beside the kernel's own, and are asked only for a verb that the kernel does not know.
"""

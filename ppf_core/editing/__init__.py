"""What may be written in a pipeline file, and what is wrong with one that somebody is writing?

For editors, forms and pages; no run needs it. `drafts` is the main way: files with the texts that nobody has saved yet, what is
wrong with them, and what is at a cursor. `expectations` knows what may stand at a path, `grammar` all of that at once, as data.
"""

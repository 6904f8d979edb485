"""How does a run begin, end, go on, and get finished by others? The door for all who ask for one.

The main path is `runner.PipelineRunner.run`: `run_resources` (plugins, secrets, a session) → `starting` (a new run, or one
that is resumed) → `run`, from the record's first line to its last. `recovery` finishes what a dead run left,
`cursor_commits` says when cursors move.
"""

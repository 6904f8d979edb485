"""How does the command line work? What all verbs share, those of the kernel and those of plugins.

The main path is `main.main`: `groups` finds the verb, `options` knows what verbs take, `output` prints for people and as JSON,
`progress` and `results` show a run. `commands` is what a plugin makes its verb with.
"""

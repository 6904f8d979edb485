"""What does a run stand on?

`run_resources` makes the instances of the plugins that it uses, fills in their secrets and opens the Spark session that the
file and its plugins ask for; it closes all of that again. `secret_values` asks the backends, all at once and with one deadline.
The main way is `RunResources`: `resolve_secrets`, `components`, `open_session`, `close`.
"""

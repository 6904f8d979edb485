"""Delta tables as sources and staged sinks of ppf pipelines."""

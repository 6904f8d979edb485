"""Is this file a pipeline that could run? All its mistakes at once, without Spark, network or side effects.

The main path is `validate.validate_pipeline`: the file → `selection` (plugins and their options) → `wiring` (the graph) →
`schema_flow` and `targets` (what the graph means) → `validated`, the value that planning and running start from.
"""

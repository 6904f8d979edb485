"""What do we ask of Spark? Everything goes through one interface, `engine.Engine`; only this room knows pyspark's frames.

The main path is `engines`: `session` opens a session of the run's own, and `classic` or `connect_engine` answers for it.
`row_masks` counts for checks, `frames` says what a second computation costs, `frame_files` keeps frames as Parquet.
"""

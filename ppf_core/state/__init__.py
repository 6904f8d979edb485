"""What is known of runs, in this process and in later ones: one folder of files, never changed but by one way.

The main path is `record.RunRecord`: each of the `lines` is appended, `journal` folds them to what is staged, committed and
published, `store` finds the records of all runs. Beside it lie `cursors` and `breaker`, one file of a pipeline each.
`events` are what observers hear of the same moments.
"""

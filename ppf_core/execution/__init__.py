"""How are the steps of a plan done? One thread decides; all that touches plugins and data is at work in others.

The main path is `executor.Executor.walk`: `run_state` says what may start, `work` runs it with its attempts and deadlines,
`steps` does it, `check_steps` does what checks want of it. `component_run` is the one place of what changes on the way.
"""

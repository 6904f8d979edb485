"""What will be done, in which order? Everything that a run decides before it starts, as one value.

The main path is `plan.make_plan`: the validated file → `roles` (what each component does) → `ordering` (the steps) → `Plan`,
which is shown, executed and recorded. `schedule` and `cached_frames` walk that value; `secrets` gets what it needs to begin.
"""

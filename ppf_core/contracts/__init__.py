"""What does a plugin author write against? Plugins import these names from `ppf_core`, never from here.

`plugin.Plugin` is what all of them are, `options` how they are set. `components`, `checks`, `hooks` and `secrets` have one base
class for each kind; `context` is what a run hands to them, `results` what it tells.
"""

"""What can a person ask for? One module for each verb that the kernel itself has: options in, a table or a document out.

`ppf run` is `run`; a group such as `ppf runs` names its verbs in its own module. `cli` imports a verb when it is asked for.
`cleaning` and `machine` are what `clean` and `doctor` do.
"""

"""Are the rows good? What checks look at, who counts for them, and what they say.

The main path is `checking.Checking`: begin with a frame → count it on the way to a sink, in a cached frame or in a pass →
`judging` makes results of the counts. `quarantine` is where bad rows go that no sink takes.
"""

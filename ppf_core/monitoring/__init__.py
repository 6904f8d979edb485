"""How does a stream do, for those who look from outside?

`progress` reads what Spark says of a batch, `history` keeps it small, and `health` serves it over HTTP. The main way is
`History.add`.
"""

"""How do queries run, and what is done with each of their batches?

`supervisor` starts all queries, watches them, starts them again and drains them. Each `query` hands its batches to `batches`,
which walks the steps of a batch's plan with the executor that a batch run has. `journal` lies beside Spark's checkpoint
and says what became of the last batch; `totals` adds up what batches tell. The main way is `Supervisor.run`.
"""

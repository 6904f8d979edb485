"""How does a text refer to secrets, and how are their values kept out of everything that ppf writes?

`references` reads `secret://…` in a text. The main path of a value is `redaction.Redactor`: it knows every value that was
resolved, in all its `forms`, and takes them out of texts by one `search`. `logs` does the same to what libraries log.
"""

"""HOCON: from the text of a file to its values, each with its place, and every mistake at once.

The main way is `reading.read_file`: a path → `Document`. Below it, `scanner` makes statements of a text, `includes` finds what
a file includes, `resolution` merges the statements and fills in substitutions, `document` writes the result down as a tree. All
of them pay into a `budget`, so that hostile files end soon. Nothing here knows what a file is for.
"""

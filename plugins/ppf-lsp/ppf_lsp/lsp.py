"""`ppf lsp`: a language server for pipeline files, over standard input and output."""

import sys

from ppf_core import Output, command


@command("ppf lsp")
def lsp(output: Output) -> int:
    """Serve an editor: mistakes while you type, completion, help, definitions.

    An editor starts it and speaks the Language Server Protocol with it over standard input and output, with --json as
    without. It imports the plugins that the open files name, as ppf validate does, and starts no Spark.
    """
    from ppf_lsp.server import make_server

    make_server().start_io(sys.stdin.buffer, output.binary())
    return 0

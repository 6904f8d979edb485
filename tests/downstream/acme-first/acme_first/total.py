"""`ppf ledger total`: the total of a ledger that was written."""

import json
from pathlib import Path

import click

from ppf_core import Output, command


@command("ppf ledger total ledger.json", total=None, problems=[])
@click.argument("file", type=click.Path(exists=True))
def total(output: Output, file: str) -> int:
    """Add up a ledger."""
    found = sum(amount for _id, amount in json.loads(Path(file).read_text()))
    if output.json:
        output.document({"total": found})
    else:
        output.text(str(found))
    return 0

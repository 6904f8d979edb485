"""`ppf runs report`: from the record of a run to its page."""

import datetime
import tempfile
from pathlib import Path

import click

from ppf_core import Output, PpfError, RunStore, command


@command("ppf runs report 20260131T235959-1f2e3d --output report.html", takes=["runs"], path=None, problems=[])
@click.argument("run_id", metavar="ID")
@click.option("--output", "target", type=click.Path(), metavar="FILE", help="The page. Default: report.html beside the record.")
def report(output: Output, store: RunStore, run_id: str, target: str | None) -> int:
    """Write a page of HTML that says what happened in one run. It stands alone: send it to whoever asks."""
    from ppf_report.page import render

    path = Path(target) if target else store.folder(run_id) / "report.html"
    _write(render(store.report(run_id), datetime.datetime.now(datetime.UTC)), path)
    if output.json:
        output.document({"path": str(path)})
    else:
        output.text(str(path))
    return 0


def _write(page: str, target: Path) -> None:
    """Puts a page where it belongs, at once: whoever looks sees the old one or the new one.

    Only its owner may read it, as the record: sample rows are in it.
    """
    part = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            part = Path(file.name)
            file.write(page)
        part.replace(target)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        hint = "Name another file with --output."
        raise PpfError(f"The page {target} cannot be written: {error.strerror or error}.", hint=hint) from error

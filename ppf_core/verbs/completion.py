"""`ppf completion`: the script that completes ppf's commands, options and files in a shell."""

import click

from ppf_core.cli.options import verb
from ppf_core.cli.output import Output


@verb("ppf completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(output: Output, shell: str) -> int:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class

    from ppf_core.cli.main import ppf

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 -- click knows the three shells of the choice
    script = completion(ppf, {}, "ppf", "_PPF_COMPLETE").source()
    if output.json:
        output.document({"shell": shell, "script": script})
    else:
        output.text(script.rstrip())
    return 0

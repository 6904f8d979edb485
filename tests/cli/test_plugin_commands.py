"""Verbs that plugins bring: found by their path, imported only when they run, and refused as other plugins are."""

import sys

import pytest

SYNC = '''
import click
from ppf_core import Output, command

@command("ppf runs sync r1", takes=["runs"], run=None, problems=[])
@click.argument("run_id")
@click.option("--fast", is_flag=True, help="Do not look twice.")
def sync(output: Output, store, run_id: str, fast: bool) -> int:
    """Send the record of a run away."""
    output.expect(run=run_id)
    found = store.show(run_id)
    output.document({"run": run_id}) if output.json else output.text(f"{found['pipeline']} {fast}")
    return 0
'''

PLAIN = """
import click

@click.command()
@click.argument("name")
def greet(name):
    "Greet."
    if name == "nobody":
        raise click.ClickException("Nobody is there.")
    click.echo(f"Hello {name}.")
"""


@pytest.fixture
def sync(install):
    """The verb `ppf runs sync` of the distribution acme-sync."""
    sys.modules.pop("acme_sync", None)
    install("acme-sync", "runs.sync = acme_sync:sync", SYNC, group="commands")


@pytest.fixture
def bad(install):
    """A distribution that must never be imported, with verbs of its own and of others."""

    def put(path: str, name: str = "acme-bad", **more: str) -> None:
        module = name.replace("-", "_")
        install(name, f"{path} = {module}:run", "raise SystemExit(0)", group="commands", **more)

    return put


def test_a_verb_of_a_third_party_has_what_every_verb_has(ppf, sync, tmp_path):
    answer = ppf("runs", "sync", "--help")
    assert answer.code == 0
    assert "Send the record of a run away." in answer.out
    for each in ("--state-dir DIR", "--pipeline FILE", "--json", "--fast", "ppf runs sync r1"):
        assert each in answer.out
    answer = ppf("runs", "sync", "r1", "--state-dir", tmp_path, "--json")
    assert (answer.code, answer.document["run"], answer.document["exit_code"]) == (2, "r1", 2)
    assert answer.document["problems"][0]["message"].startswith("There is no run 'r1' in ")


def test_a_usage_error_of_a_plugins_verb_is_a_document_of_its_shape(ppf, sync):
    answer = ppf("runs", "sync", "--json")
    assert (answer.code, answer.document["run"], answer.document["problems"][0]["code"]) == (2, None, "usage")


def test_a_plain_command_of_click_is_a_verb_too(ppf, install):
    install("acme-plain", "acme.greet = acme_plain:greet", PLAIN, group="commands")
    assert (ppf("acme", "greet", "you").code, ppf("acme", "greet", "you").out) == (0, "Hello you.\n")
    answer = ppf("acme", "greet", "nobody")
    assert (answer.code, answer.err) == (2, "error: Nobody is there.\n")
    assert "Commands of acme-plain." in ppf("--help").out
    assert "greet  What acme-plain does." in ppf("acme", "--help").out


def test_help_says_what_the_distribution_says_and_imports_no_plugin(ppf, bad):
    bad("runs.explode")
    bad("explode", "acme-worse")
    assert "explode   What acme-bad does." in ppf("runs", "--help").out
    assert "explode     What acme-worse does." in ppf("--help").out
    assert ppf("plugins", "list").code == ppf("runs", "list").code == 0
    assert not {"acme_bad", "acme_worse"} & sys.modules.keys()


def test_where_a_distribution_has_several_verbs_each_speaks_for_itself(ppf, install):
    code = SYNC + SYNC.replace("def sync", "def again").replace("Send", "Send again")
    install("acme-two", "sync = acme_two:sync\nagain = acme_two:again", code, group="commands")
    lines = [line.split(None, 1) for line in ppf("--help").out.splitlines() if line.startswith(("  sync", "  again"))]
    assert lines == [["again", "Send again the record of a run away."], ["sync", "Send the record of a run away."]]
    assert "acme_two" not in sys.modules


def test_completion_knows_the_verbs_of_plugins_and_imports_none(ppf, bad, monkeypatch, capsys):
    bad("runs.explode")
    monkeypatch.setenv("_PPF_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "ppf runs ex")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert ppf().out == "plain,explode\n"
    assert "acme_bad" not in sys.modules
    monkeypatch.setenv("COMP_WORDS", "ppf runs explode --")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert (ppf().code, ppf().err) == (0, "")


def test_completion_knows_the_options_of_a_plugins_verb(ppf, sync, monkeypatch):
    monkeypatch.setenv("_PPF_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "ppf runs sync --fa")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert ppf().out == "plain,--fast\n"


def test_a_verb_of_the_kernel_wins(ppf, bad):
    bad("runs.list")
    bad("validate", "acme-worse")
    assert ppf("runs", "list").out.startswith("There are no runs in ")
    assert "Report every mistake in PIPELINE" in ppf("validate", "--help").out
    assert "What acme" not in ppf("--help").out + ppf("runs", "--help").out
    assert "acme_bad" not in sys.modules


def test_a_verb_that_one_of_the_kernel_hides_is_a_row_that_says_so(ppf, bad):
    bad("runs.list")
    bad("validate.all", "acme-worse")
    bad("runs.lost", "acme-fine")
    rows = {row["name"]: row for row in ppf("plugins", "list", "--json").document["plugins"] if row["group"] == "commands"}
    assert rows["runs.list"]["state"] == rows["validate.all"]["state"] == "duplicate"
    assert (
        rows["runs.list"]["reason"] == "A command of ppf's own hides 'runs list'. Ask the author of acme-bad for another name."
    )
    assert rows["runs.lost"]["state"] == "ready"
    assert "A command of ppf's own hides 'validate all'." in ppf("plugins", "doctor").out


def test_two_distributions_with_one_verb_are_an_error_that_names_both(ppf, bad):
    bad("runs.explode")
    bad("runs.explode", "acme-worse")
    answer = ppf("runs", "explode", "--json")
    assert answer.code == answer.document["exit_code"] == 3
    (problem,) = answer.document["problems"]
    assert (problem["code"], problem["message"]) == ("plugin-ambiguous", "The command 'runs explode' is ambiguous.")
    assert problem["hint"] == (
        "It is offered by acme-bad 1.0 and acme-worse 1.0. Uninstall one, or block one: PPF_PLUGINS_OFF=acme-bad"
    )
    assert "Cannot be used: see 'ppf plugins show commands.runs.explode'." in " ".join(ppf("runs", "--help").out.split())


def test_a_blocked_verb_is_refused_and_not_in_the_help(ppf, bad, monkeypatch):
    bad("explode")
    monkeypatch.setenv("PPF_PLUGINS_OFF", "acme-bad")
    answer = ppf("explode")
    assert (answer.code, "PPF_PLUGINS_OFF blocks it." in answer.err) == (3, True)
    assert "explode" not in ppf("--help").out


def test_an_incompatible_verb_is_refused(ppf, bad):
    bad("explode", kernel=">=7")
    answer = ppf("explode")
    assert (answer.code, "is incompatible" in answer.err) == (3, True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(0)", "ended the program with sys.exit(0)"),
        ("run = 3", "is a int, not a command of click. Put @ppf_core.command above the function."),
        ("import nothing_like_it", "No module named 'nothing_like_it'"),
    ],
)
def test_a_broken_verb_is_refused_with_its_reason(ppf, install, code, reason, monkeypatch):
    sys.modules.pop("acme_torn", None)
    install("acme-torn", "explode = acme_torn:run", code, group="commands")
    answer = ppf("explode")
    assert (answer.code, reason in answer.err) == (3, True)
    assert ppf("plugins", "doctor").code == 3


def test_an_unknown_verb_has_a_near_miss_among_those_of_plugins(ppf, sync):
    answer = ppf("runs", "snyc")
    assert answer.code == 2
    assert "Unknown command 'snyc'. Did you mean 'sync'?" in answer.err


@pytest.mark.parametrize(
    ("line", "distribution"),
    [
        ("runs report", "ppf-report"),
        ("schema", "ppf-schema"),
        ("profile", "ppf-profile"),
        ("quarantine", "ppf-quarantine"),
    ],
)
def test_a_verb_of_ours_that_is_not_installed_says_what_to_install(ppf, monkeypatch, line, distribution):
    monkeypatch.setattr("ppf_core.plugins.registry.scan", lambda: ())
    answer = ppf(*line.split())
    assert answer.code == 3
    assert f"There is no command {line!r}." in answer.err
    assert f"It comes with {distribution}. Run: pip install {distribution}" in answer.err


def test_the_listing_shows_commands_as_a_kind(ppf, sync):
    (row,) = ppf("plugins", "list", "--kind", "commands", "--json").document["plugins"][:1]
    found = {row["name"]: row for row in ppf("plugins", "list", "--json").document["plugins"] if row["state"] == "ready"}
    assert found["runs.sync"] == {
        "group": "commands",
        "name": "runs.sync",
        "distribution": "acme-sync",
        "version": "1.0",
        "state": "ready",
        "reason": None,
        "summary": "Send the record of a run away.",
    }
    assert row["group"] == "commands"
    assert "acme_sync" not in sys.modules


def test_show_tells_what_a_verb_takes(ppf, sync):
    (plugin,) = ppf("plugins", "show", "runs.sync", "--json").document["plugins"]
    assert plugin["doc"] == "Send the record of a run away."
    assert {
        "name": "--fast",
        "type": "boolean",
        "required": False,
        "default": False,
        "help": "Do not look twice.",
        "secret": False,
    } in (plugin["options"])
    assert [option["name"] for option in plugin["options"] if option["required"]] == ["run_id"]
    assert "commands.runs.sync, acme-sync 1.0: ready" in ppf("plugins", "show", "acme-sync:runs.sync").out

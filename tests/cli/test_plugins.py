"""`ppf plugins`: lists without importing, shows, and finds out what is broken."""

import json
import os
import subprocess
import sys

import pytest

from ppf_core.plugins.installed import GROUPS

ROWS = '''
from ppf_core import Source, Secret, option, options
print("imported")
@options
class RowsOptions:
    count: int = option("How many rows.", default=3)
    token: Secret = option("What opens the door.")
class Rows(Source[RowsOptions]):
    """Makes rows."""
    examples = ("{ count = 2, token = x }",)
    def read(self, context):
        return context.spark.range(self.options.count)
'''


@pytest.fixture
def rows(install):
    install("acme-rows", "rows = acme_rows:Rows", ROWS)


def test_the_list_has_one_line_for_each_plugin_below_its_kind(ppf, rows):
    answer = ppf("plugins", "list", "--kind", "sources")
    assert answer.code == 0
    assert [line.split(None, 4) for line in answer.out.splitlines() if line and "blocked" not in line] == [
        ["sources:"],
        ["NAME", "DISTRIBUTION", "VERSION", "STATE", "REASON"],
        ["rows", "acme-rows", "1.0", "ready", "-"],
    ]


def test_the_long_list_says_what_each_plugin_is(ppf, rows):
    answer = ppf("plugins", "list", "--long")
    (line,) = [line for line in answer.out.splitlines() if line.startswith("rows ")]
    assert line.endswith("Makes rows.")
    assert [line for line in answer.out.splitlines() if line.endswith(":")] == [
        f"{group.replace('_', ' ')}:" for group in GROUPS
    ]


def test_an_unknown_kind_is_refused(ppf):
    assert ppf("plugins", "list", "--kind", "csv").code == 2


def test_the_list_is_a_document_too(ppf, rows):
    (found,) = [row for row in ppf("plugins", "list", "--json").document["plugins"] if row["state"] != "blocked"]
    assert found == {
        "group": "sources",
        "name": "rows",
        "distribution": "acme-rows",
        "version": "1.0",
        "state": "ready",
        "reason": None,
        "summary": "Makes rows.",
    }


def test_the_list_imports_neither_a_plugin_nor_anything_heavy(rows):
    watched = ["acme_rows", "pyspark", "pyhocon", "dataconf", "rich", "pluggy", "stevedore", "sqlglot", "tenacity"]
    watched += ["importlib.metadata", "difflib", "hashlib", "random"]  # the budget of a listing is 150 ms
    run = "import sys; from ppf_core.cli.main import main; main(['plugins', 'list'])"
    code = f"{run}; print([name for name in {watched} if name in sys.modules])"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_distribution_in_the_environment_is_an_error_beside_the_list(ppf, rows, monkeypatch):
    monkeypatch.setenv("PPF_PLUGINS", "acme-rwos")
    answer = ppf("plugins", "list", "--json")
    assert answer.code == answer.document["exit_code"] == 2
    assert "acme-rows" in answer.document["problems"][0]["hint"]
    assert answer.document["plugins"]


def test_an_unknown_distribution_in_the_environment_is_an_error_beside_what_show_tells(ppf, rows, monkeypatch):
    monkeypatch.setenv("PPF_PLUGINS_OFF", "acme-rwos")
    answer = ppf("plugins", "show", "acme-rows:rows")
    assert (answer.code, answer.out.splitlines()[0]) == (2, "sources.rows, acme-rows 1.0: ready")
    assert "PPF_PLUGINS_OFF names 'acme-rwos'" in answer.err
    assert "Did you mean 'acme-rows'?" in answer.err
    answer = ppf("plugins", "show", "acme-rows:rows", "--json")
    assert (answer.document["ok"], [plugin["state"] for plugin in answer.document["plugins"]]) == (False, ["ready"])
    assert [problem["code"] for problem in answer.document["problems"]] == ["unknown-distribution"]
    missing = ppf("plugins", "show", "nothing-like-it", "--json")
    assert (missing.code, [each["code"] for each in missing.document["problems"]]) == (3, ["plugin", "unknown-distribution"])


def test_show_has_the_keys_of_the_catalogue(ppf, rows):
    (plugin,) = ppf("plugins", "show", "acme-rows:rows", "--json").document["plugins"]
    assert plugin["options"] == [
        {"name": "count", "type": "whole number", "required": False, "default": 3, "help": "How many rows.", "secret": False},
        {"name": "token", "type": "secret", "required": True, "default": None, "help": "What opens the door.", "secret": True},
    ]
    assert (plugin["supports"], plugin["doc"]) == (["classic"], "Makes rows.")
    assert plugin["requirements"]["packages"] == []


def test_what_a_plugin_prints_while_it_is_imported_is_not_in_the_document(ppf, rows):
    sys.modules.pop("acme_rows", None)
    answer = ppf("plugins", "show", "sources.rows", "--json")
    assert json.loads(answer.out)
    assert "imported" in answer.err


NOTES = """
from ppf_core import Hooks, NoOptions, hookimpl
class Notes(Hooks[NoOptions]):
    @hookimpl
    def ppf_pipeline_end(self, run, result): ...
"""


def test_hooks_are_told_with_those_who_hear_them(ppf, install, tmp_path, monkeypatch):
    install("acme-notes", "notes = acme_notes:Notes", NOTES, group="hooks")
    install("acme-gone", "gone = acme_gone:Missing", "", group="hooks")
    answer = ppf("plugins", "hooks", "--json")
    assert answer.document["hooks"] == [{"hook": "ppf_pipeline_end", "implementations": ["hooks.notes"]}]
    path = tmp_path / "pipeline.conf"
    numbers = "components { a { source = range, options { end = 1 } } }"
    path.write_text(f"name = p\nhooks {{ notes {{}}, audit {{ path = a }} }}\n{numbers}\n")
    monkeypatch.setenv("PPF_PLUGINS", "acme-notes,ppf-inline,ppf-audit")
    answer = ppf("plugins", "hooks", str(path))
    assert "ppf_pipeline_end     notes, audit" in answer.out, answer.err


def test_requirements_are_what_pip_installs(ppf, rows):
    out = ppf("plugins", "list", "--kind", "sources", "--requirements").out
    assert "acme-rows==1.0" in out.splitlines()
    assert out.splitlines() == sorted(set(out.splitlines()))


def test_show_prints_options_with_their_defaults(ppf, rows):
    out = ppf("plugins", "show", "rows").out
    assert "sources.rows, acme-rows 1.0: ready" in out
    assert [line.split(None, 4)[-1] for line in out.splitlines() if line.startswith(("count", "token"))]
    assert "required  What opens the door." in out
    assert "{ count = 2, token = x }" in out


def test_show_of_an_unknown_name_has_a_near_miss(ppf, rows):
    answer = ppf("plugins", "show", "rosw")
    assert answer.code == 3
    assert "Did you mean 'rows'?" in answer.err


def test_show_makes_visible_what_would_steer_a_terminal(ppf, install):
    code = ROWS.replace("Makes rows.", "Makes \\x1b[31mred rows.").replace("token = x", "token = \\x1b[0m")
    install("acme-red", "rows = acme_red:Rows", code)
    answer = ppf("plugins", "show", "acme-red:rows")
    assert "Makes \\x1b[31mred rows." in answer.out
    assert "\x1b" not in answer.out


def test_show_tells_of_a_plugin_that_cannot_say_what_it_needs(ppf, install):
    code = (
        ROWS.replace("class Rows(", "class Base(")
        + """
class Rows(Base):
    @classmethod
    def requirements(cls, options):
        return options.path
"""
    )
    install("acme-needy", "rows = acme_needy:Rows", code)
    (plugin,) = ppf("plugins", "show", "acme-needy:rows", "--json").document["plugins"]
    assert plugin["state"] == "broken"
    assert "requirements(None) failed: AttributeError" in plugin["reason"]


def test_what_a_plugin_prints_past_python_is_not_in_the_document(install, tmp_path):
    install(
        "acme-loud", "rows = acme_loud:Rows", "import os, subprocess\nos.write(1, b'raw')\nsubprocess.run(['echo', 'child'])"
    )
    command = [sys.executable, "-c", "from ppf_core.cli.main import main; main()", "plugins", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path / "site")})
    assert "acme-loud:sources.rows" in {check["name"] for check in json.loads(done.stdout)["checks"]}
    assert "rawchild" in done.stderr


def test_doctor_finds_plugins_in_a_group_that_nothing_reads_and_requirements_that_are_not_met(ppf, install, tmp_path):
    install("acme-lost", "rows = acme_lost:Rows", "", group="source")
    with (tmp_path / "site" / "acme_lost-1.0.dist-info" / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: acme-client>=2\n")
    found = [check for check in ppf("plugins", "doctor", "--json").document["checks"] if check["name"] == "acme-lost 1.0"]
    assert [check["status"] for check in found] == ["warning", "warning"]
    assert "'ppf.source'" in found[0]["message"]
    assert "Did you mean 'ppf.sources'?" in found[0]["hint"]
    assert "acme-client>=2" in found[1]["message"]


def test_doctor_finds_a_sound_plugin_sound(ppf, install):
    install("acme-rows", "rows = acme_rows:Rows", ROWS.replace('print("imported")', ""))
    answer = ppf("plugins", "doctor")
    assert answer.code == 0
    assert ["acme-rows:sources.rows", "ok", "acme-rows", "1.0"] in [line.split() for line in answer.out.splitlines()]

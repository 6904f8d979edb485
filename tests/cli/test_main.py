"""Every way to end: the exit code, the message, the document; never a traceback for a user's mistake."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ppf_core import __version__
from ppf_core.errors import ConfigError, Problem
from ppf_core.verbs import validate

VERBS = ["run", "validate", "plan", "show", "schema", "plugins", "runs", "secrets", "doctor", "completion"]
SUBVERBS = [
    ["plugins", "list"],
    ["plugins", "show"],
    ["plugins", "doctor"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "report"],
    ["runs", "breakers"],
    ["secrets", "check"],
]


def shell(command: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, timeout=60)


def test_the_version_is_printed(ppf):
    assert ppf("--version").out == f"ppf {__version__}\n"


def test_the_version_is_a_document_too(ppf):
    assert ppf("--version", "--json").document == {"ppf": __version__, "ok": True}


def test_without_a_command_the_help_is_the_answer(ppf):
    answer = ppf()
    assert answer.code == 0
    assert all(verb in answer.out for verb in VERBS)


@pytest.mark.parametrize("verb", [[verb] for verb in VERBS] + SUBVERBS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(ppf, verb, flag):
    answer = ppf(*verb, flag)
    assert answer.code == 0
    assert "--json" in answer.out


@pytest.mark.parametrize("verb", [[verb] for verb in VERBS] + SUBVERBS, ids=" ".join)
def test_every_verb_shows_an_example(ppf, verb):
    assert f"Example:\n    ppf {' '.join(verb)}" in ppf(*verb, "--help").out


def test_no_short_help_is_cut(ppf):
    assert "..." not in ppf("--help").out.partition("Commands:")[2]


def test_an_unknown_command_gets_a_near_miss(ppf):
    answer = ppf("vlidate")
    assert answer.code == 2
    assert "Unknown command 'vlidate'. Did you mean 'validate'?" in answer.err


def test_an_unknown_option_gets_a_near_miss(ppf):
    answer = ppf("plugins", "list", "--jsno")
    assert answer.code == 2
    assert "Did you mean '--json'?" in answer.err


def test_a_missing_argument_says_which_and_where_to_look(ppf):
    answer = ppf("run")
    assert answer.code == 2
    assert answer.err == "error: Missing argument 'PIPELINE'.\n    Try 'ppf run --help'.\n"


@pytest.mark.parametrize(
    "line", [["run", "--json"], ["--json", "plugin"], ["--json"], ["plan", "--json", "--fromat", "dot", "x"]]
)
def test_a_usage_error_under_json_is_a_document(ppf, line):
    answer = ppf(*line)
    assert answer.code == 2
    assert answer.document["ok"] is False
    assert [problem["code"] for problem in answer.document["problems"]] == ["usage"]


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (["validate"], {"pipeline", "warnings"}),
        (["run", "--nope"], {"run_id", "components", "plugins"}),
        (["plugins", "show"], {"plugins"}),
        (["doctor", "x"], {"checks"}),
    ],
)
def test_a_usage_error_has_the_keys_of_the_command(ppf, line, keys):
    assert keys <= ppf(*line, "--json").document.keys()


@pytest.mark.parametrize("text", ["novalue", "=x", " =x"])
def test_a_set_without_key_or_value_is_a_usage_error(ppf, text):
    answer = ppf("validate", "any.conf", "--set", text)
    assert answer.code == 2
    assert f"{text!r} is not of the form K=V" in answer.err


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes `ppf validate` fail in a way that no input can bring about."""

    def fail(**_: object) -> int:
        raise error

    monkeypatch.setattr(validate.command, "callback", fail)


def test_all_problems_are_shown_at_once_with_place_hint_and_count(ppf, monkeypatch):
    one = Problem(code="a", message="One is wrong.", hint="Do this.", file="p.conf", line=1, column=2)
    two = Problem(code="b", message="Two is wrong.", file="p.conf", line=3, column=4)
    fail_with(monkeypatch, ConfigError.of([one, two]))
    answer = ppf("validate", "p.conf")
    assert answer.code == 2
    assert answer.err == "p.conf:1:2: One is wrong.\n    Do this.\np.conf:3:4: Two is wrong.\n2 problems.\n"


def test_a_bug_is_one_clear_line(ppf, monkeypatch):
    monkeypatch.delenv("PPF_DEBUG", raising=False)
    fail_with(monkeypatch, ZeroDivisionError("division by zero"))
    answer = ppf("validate", "p.conf")
    assert answer.code == 1
    assert answer.err.startswith("error: This is a bug in ppf or in a plugin: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in answer.err


def test_a_current_directory_that_was_deleted_is_named(ppf, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    answer = ppf("validate", "flights.conf")
    assert answer.code == 1
    assert answer.err == "error: The current directory was deleted.\n    Change to one that is there, and try again.\n"


@pytest.mark.parametrize("line", [["list"], ["show", "x"], ["report", "x"], ["recover"], ["clean"], ["breakers"]])
def test_a_file_in_the_place_of_the_state_directory_is_named(ppf, tmp_path, line):
    (tmp_path / "flights.conf").write_text("")
    answer = ppf("runs", *line, "--state-dir", tmp_path / "flights.conf")
    assert answer.code == 1
    assert str(tmp_path / "flights.conf") in answer.err


def test_a_bug_shows_its_traceback_when_asked(ppf, monkeypatch):
    monkeypatch.setenv("PPF_DEBUG", "1")
    fail_with(monkeypatch, ZeroDivisionError())
    assert "Traceback" in ppf("validate", "p.conf").err


def test_a_plugin_that_exits_with_zero_is_no_success(ppf, monkeypatch):
    fail_with(monkeypatch, SystemExit(0))
    assert ppf("validate", "p.conf").code == 1


def test_ctrl_c_is_130_and_a_document_under_json(ppf, monkeypatch):
    fail_with(monkeypatch, KeyboardInterrupt())
    answer = ppf("validate", "p.conf", "--json")
    assert answer.code == 130
    assert (answer.document["exit_code"], answer.document["problems"][0]["code"]) == (130, "interrupted")


def test_sigterm_is_143_and_leaves_the_handler_as_it_was(ppf, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(validate.command, "callback", lambda **_: os.kill(os.getpid(), signal.SIGTERM))
    assert ppf("validate", "p.conf").code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_would_steer_a_terminal_is_made_visible(ppf):
    assert "\x1b" not in ppf("plugins", "show", "\x1b[31mred").err


@pytest.mark.parametrize("command", ["ppf plugins list", "ppf --help", "ppf completion bash", "ppf doctor --json"])
def test_a_reader_that_leaves_is_no_error(command):
    done = shell(f"set -o pipefail; {command} | true")
    assert (done.returncode, done.stderr.replace("No errors.\n", "")) == (0, "")


@pytest.mark.parametrize("command", ["ppf completion bash", "ppf --version --json"])
def test_a_full_disk_is_reported(command):
    done = shell(f"{command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: Cannot write the answer: No space left on device.\n    Look at where the output goes.\n"


def test_a_closed_standard_output_is_no_traceback():
    done = shell("ppf plugins list >&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_ascii_terminal_gets_every_answer():
    done = shell("PYTHONUTF8=0 PYTHONIOENCODING=ascii ppf plugins show 'ü'")
    assert done.returncode == 3
    assert "There is no plugin '\\xfc'" in done.stderr


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion(ppf, name):
    assert "_PPF_COMPLETE" in ppf("completion", name).out


def test_the_completion_knows_the_verbs():
    done = shell("COMP_WORDS='ppf pl' COMP_CWORD=1 _PPF_COMPLETE=bash_complete ppf")
    assert done.stdout.split() == ["plain,plan", "plain,plugins"]

"""`ppf run` as a process of its own: what its options mean, and what stands on its standard output."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

PPF = Path(sys.executable).with_name("ppf")
SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"
SUBMITTED = "import sys\nfrom ppf_core.cli.main import main\nsys.exit(main(sys.argv[1:]))\n"
HIDDEN = """
name = hidden
spark { master = "local[2]", conf { "spark.ui.enabled" = false } }
components {
  numbers { source = csv, options { path = _in, header = false, schema = "id INT" },
            quality = [{ check = in_range, options { column = id, min = 2 }, action = quarantine }] }
  out     { sink = csv, inputs = [numbers], options { path = out },
            quality = [{ check = in_range, options { column = id, min = 3 }, action = warn }] }
}
"""
PIPELINE = """
name = numbers
components {
  numbers { source = range, options { end = 3 } }
  shown { sink = console, inputs = [numbers] }
}
"""


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("spark", "option", "url"),
    [
        ('remote = "sc://127.0.0.1:1"', "--master", "spark://127.0.0.1:2"),
        ('master = "local[1]"', "--remote", "sc://127.0.0.1:2"),
    ],
)
def test_a_master_or_a_server_on_the_command_line_takes_the_place_of_the_other(
    tmp_path: Path, spark: str, option: str, url: str
) -> None:
    (tmp_path / "numbers.conf").write_text(f"{PIPELINE}\nspark {{ {spark} }}")
    done = run(tmp_path, PPF, "run", "numbers.conf", option, url, "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["message"].endswith(f"'{url}' cannot be reached (127.0.0.1:2: Connection refused).")


@pytest.mark.parametrize(
    ("block", "options", "place", "message"),
    [
        (
            'master = "local[x]"',
            (),
            "numbers.conf:8:18",
            "Spark refused the master 'local[x]': Could not parse Master URL: 'local[x]'.",
        ),
        ('master = "locl[2]"', (), "numbers.conf:8:18", "Spark knows no master 'locl[2]'."),
        ('conf { "spark.master" = yran }', (), "numbers.conf:8:33", "Spark knows no master 'yran'."),
        (
            'master = "local[2]"',
            ("--master", "local[0]"),
            "--set",
            "Spark refused the master 'local[0]': Asked to run locally with 0 threads.",
        ),
    ],
)
def test_a_master_that_spark_refuses_is_named_with_its_place(
    tmp_path: Path, block: str, options: tuple[str, ...], place: str, message: str
) -> None:
    (tmp_path / "numbers.conf").write_text(f"{PIPELINE}\nspark {{ {block} }}")
    done = run(tmp_path, PPF, "run", "numbers.conf", *options, "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["message"], done.returncode) == (message, 1)
    assert ":".join(str(problem[key]) for key in ("file", "line", "column")).startswith(place)


def test_a_profile_takes_the_same_master_and_shows_the_log_beside_its_answer(tmp_path: Path) -> None:
    (tmp_path / "numbers.conf").write_text(f'{PIPELINE}\nspark {{ remote = "sc://127.0.0.1:1" }}')
    done = run(tmp_path, PPF, "profile", "numbers.conf", "--component", "numbers", "--master", "local[1]", "--spark-log")
    assert (done.stdout.splitlines()[0], done.returncode) == ("# Holds for all 3 rows of the frame.", 0)
    assert " WARN " in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["numbers.conf"]


def test_the_log_of_spark_that_was_asked_for_warns_of_a_hidden_path_of_the_user_and_not_of_stages(tmp_path: Path) -> None:
    (tmp_path / "numbers.conf").write_text(HIDDEN)
    (tmp_path / "_in").mkdir()
    (tmp_path / "_in" / "a.csv").write_text("1\n2\n")
    done = run(tmp_path, PPF, "run", "numbers.conf", "--run-id", "r1", "--no-progress", "--spark-log")
    assert done.returncode == 0, done.stderr
    assert f"Spark's log: {tmp_path}/.ppf/runs/r1/spark.log" in done.stderr
    paths = re.findall(r"All paths were ignored:\s*(\S+)", done.stderr)
    assert set(paths) == {f"file:{tmp_path}/_in"}


def test_under_spark_submit_the_answer_stands_alone_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "numbers.conf").write_text(PIPELINE)
    (tmp_path / "program.py").write_text(SUBMITTED)
    arguments = ["run", "numbers.conf", "--master", "local[1]", "--json"]
    done = run(tmp_path, SUBMIT, "--conf", "spark.ui.enabled=false", "--master", "local[1]", "program.py", *arguments)
    assert (json.loads(done.stdout)["status"], done.returncode) == ("success", 0)

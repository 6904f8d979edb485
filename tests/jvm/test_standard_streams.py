"""The standard streams, each time in a process of its own: they are the process's, and pytest holds those of this one."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

BEGIN = """
import os, subprocess, sys
from pathlib import Path
from ppf_core.jvm.standard_streams import StandardStreams

def redact(text):
    return text.replace("s3cret", "****")

def capture(json=False, redact=redact):
    return StandardStreams(json).capture(Path("spark.log"), redact)
"""


class Finished:
    """A script that ran in a folder: what it left on its streams and in the log."""

    def __init__(self, folder: Path, script: str, **streams: int) -> None:
        command = [sys.executable, "-c", BEGIN + textwrap.dedent(script)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        done = subprocess.run(command, cwd=folder, check=False, timeout=60, **pipes)  # type: ignore[call-overload]  # **dict
        assert done.returncode == 0, done.stderr
        self.out = (done.stdout or b"").decode()
        self.err = (done.stderr or b"").decode()
        self.log = (folder / "spark.log").read_text()


def test_what_goes_past_python_lands_in_the_log_and_print_on_the_terminal(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture():
            os.write(1, b"out of the JVM\\n")
            os.write(2, b"err of the JVM\\n")
            print("out of Python")
            print("err of Python", file=sys.stderr)
        print("after")
        """,
    )
    assert (done.out, done.err) == ("out of Python\nafter\n", "err of Python\n")
    assert done.log == "out of the JVM\nerr of the JVM\n"


def test_under_json_standard_output_holds_the_document_alone(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture(json=True):
            print("noise")
            sys.stdout.buffer.write(b"bytes\\n")
            subprocess.run(["echo", "child"])
        print("{}")
        """,
    )
    assert (done.out, done.err, done.log) == ("{}\n", "noise\nbytes\n", "child\n")


def test_secrets_are_masked_wherever_they_go(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture():
            os.write(1, b"log s3cret\\n")
            print("out", "s3cret")
            sys.stderr.write("err s3c"); sys.stderr.write("ret\\n")
            sys.stdout.buffer.write(b"s3c"); sys.stdout.buffer.write(b"ret\\n")
        """,
    )
    assert (done.out, done.err, done.log) == ("out ****\n****\n", "err ****\n", "log ****\n")


def test_a_secret_that_arrives_in_two_pieces_is_masked(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        import time
        with capture():
            os.write(1, b"a s3c"); time.sleep(0.3); os.write(1, b"ret b\\n")
        """,
    )
    assert done.log == "a **** b\n"


def test_a_line_of_megabytes_is_written_whole_and_masked(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        line = ("x" * 996 + "s3cret" + "é") * 3000
        with capture():
            subprocess.run(["cat"], input=line.encode())
        """,
    )
    assert done.log == ("x" * 996 + "****" + "é") * 3000


def test_a_flood_neither_stops_the_writer_nor_loses_a_line(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture():
            subprocess.run([sys.executable, "-c", "for number in range(300_000): print('a line of noise, number', number)"])
        """,
    )
    assert done.log.splitlines() == [f"a line of noise, number {number}" for number in range(300_000)]


def test_what_has_no_line_end_is_not_lost(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture():
            os.write(2, b"half a line")
            print("prompt: ", end="")
        """,
    )
    assert (done.log, done.out) == ("half a line", "prompt: ")


def test_a_child_that_lives_on_does_not_hold_the_end(tmp_path: Path) -> None:
    start = time.monotonic()
    done = Finished(
        tmp_path,
        """
        with capture():
            child = subprocess.Popen(["sleep", "60"])
            os.write(1, b"before\\n")
        child.kill()
        """,
    )
    assert done.log == "before\n"
    assert time.monotonic() - start < 20


def test_the_streams_come_back_when_the_block_fails(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        before = sys.stdout, sys.stderr
        try:
            with capture():
                raise ValueError
        except ValueError:
            pass
        assert before == (sys.stdout, sys.stderr)
        os.write(1, b"here\\n")
        """,
    )
    assert (done.out, done.log) == ("here\n", "")


def test_text_that_cannot_be_redacted_is_withheld(tmp_path: Path) -> None:
    done = Finished(
        tmp_path,
        """
        with capture(redact=lambda text: 1 / 0):
            os.write(1, b"s3cret\\n")
            print("s3cret")
        """,
    )
    assert done.log == done.out == "[7 characters withheld: ZeroDivisionError while redacting.]\n"


def test_a_terminal_is_still_a_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")  # not on Windows
    ours, theirs = pty.openpty()
    script = "with capture(): print(sys.stdout.isatty(), os.get_terminal_size(sys.stdout.fileno()) is not None)"
    Finished(tmp_path, script, stdout=theirs)
    os.close(theirs)
    assert os.read(ours, 100).split() == [b"True", b"True"]
    os.close(ours)


def test_a_reader_that_went_away_does_not_fail_the_run(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    script = """
        with capture():
            for _ in range(3):
                print("nobody reads this", flush=True)
            os.write(1, b"still running\\n")
        """
    assert Finished(tmp_path, script, stdout=write).log == "still running\n"
    os.close(write)


def test_closed_standard_streams_do_no_harm(tmp_path: Path) -> None:
    script = BEGIN + "with capture():\n print('x'); os.write(1, b'logged\\n')\n open('other.txt', 'w').write('other')"
    command = f'exec "{sys.executable}" -c "$SCRIPT" >&- 2>&- <&-'
    subprocess.run(["sh", "-c", command], cwd=tmp_path, env={**os.environ, "SCRIPT": script}, check=True, timeout=60)
    assert (tmp_path / "spark.log").read_text() == "logged\n"
    assert (tmp_path / "other.txt").read_text() == "other"

"""Includes: files below the folder of the pipeline file, and nothing else."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pipeline_files import SOUND, load, options, places, refused

from ppf_core.config.loader import ConfigLoader
from ppf_core.errors import ConfigError


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_an_include_is_read_where_it_stands_and_keeps_its_places(tmp_path: Path) -> None:
    write(tmp_path, "parts/a.conf", "a { source = csv,\n enabeld = true }")
    file = load(tmp_path, 'name = x\ncomponents { include "parts/a.conf" }')
    (problem,) = file.problems
    assert file.config.components["a"].source == "csv"
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / "parts" / "a.conf"), 2, 2)


def test_an_include_of_an_include_is_found_beside_its_file(tmp_path: Path) -> None:
    write(tmp_path, "parts/a.conf", 'include file("b")')
    write(tmp_path, "parts/b.conf", "x = 1")
    assert options(tmp_path, 'include required(file("parts/a.conf"))') == {"x": 1}


def test_a_later_value_wins_over_an_included_one_and_the_other_way_round(tmp_path: Path) -> None:
    write(tmp_path, "a.conf", "x = 1, y = 1")
    assert options(tmp_path, 'y = 2\ninclude "a.conf"\nx = 2') == {"y": 1, "x": 2}


def test_a_substitution_in_an_include_means_its_own_block_first(tmp_path: Path) -> None:
    write(tmp_path, "a.conf", "x = ${own}, own = 1, y = ${name}")
    assert options(tmp_path, 'include "a.conf"') == {"x": 1, "own": 1, "y": "x"}


def test_an_include_inside_a_list_sees_its_own_keys(tmp_path: Path) -> None:
    write(tmp_path, "a.conf", "own = 1, y = ${own}, deep { z = ${own} }, list = [${own}, { w = ${own} }]")
    own = {"own": 2, "y": 2, "deep": {"z": 2}, "list": [2, {"w": 2}]}
    found = options(tmp_path, 'x = [${?NOPE}, 0] [{ include "a.conf", own = 2 }]', head="own = 9, tags { own = ${own} }")
    assert found == {"x": [0, own]}


def test_what_is_written_in_a_list_does_not_see_the_keys_of_its_element(tmp_path: Path) -> None:
    assert options(tmp_path, "x = [{ own = 1, y = ${own} }]", head="own = 9, tags { own = ${own} }") == {
        "x": [{"own": 1, "y": 9}]
    }


def test_a_missing_include_is_a_warning_and_a_required_one_a_mistake(tmp_path: Path) -> None:
    file = load(tmp_path, 'include "none"\n' + SOUND)
    assert (places(file.warnings), file.problems) == ([("include", 1, 9)], ())
    assert places(refused(tmp_path, SOUND + 'include required("none")\n')) == [("include", 3, 9)]


@pytest.mark.parametrize(
    "include",
    [
        *('url("http://127.0.0.1:1/x")', '"http://127.0.0.1:1/x"', '"file:///etc/hostname"', 'file("file:/etc/hostname")'),
        *('"/etc/hostname"', 'file("/etc/hostname")', '"../outside.conf"', '"sub/../../outside.conf"', '"~/x"', '"..\\\\x"'),
        *('package("os:x")', 'classpath("x")', 'required(url("http://127.0.0.1:1/x"))', '"link.conf"', '"linked/outside.conf"'),
        *('""', '"\\u0000"', '"sub"', '"pipe"', '"round"'),
    ],
)
def test_an_include_of_anything_else_is_refused(include: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    write(tmp_path, "outside.conf", "name = y")
    (inner / "sub").mkdir(parents=True)
    (inner / "link.conf").symlink_to(tmp_path / "outside.conf")
    (inner / "linked").symlink_to(tmp_path)
    (inner / "round").symlink_to("round")
    os.mkfifo(inner / "pipe")
    (problem,) = refused(inner, f"{SOUND}include {include}\n")
    assert (problem.code in ("include", "file"), problem.line, problem.column) == (True, 3, 9)


def test_a_link_that_stays_inside_the_folder_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "..data/a.conf", "x = 1")
    (tmp_path / "a.conf").symlink_to(tmp_path / "..data" / "a.conf")
    assert options(tmp_path, 'include "a.conf"') == {"x": 1}


def test_nothing_is_asked_of_the_network(tmp_path: Path) -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/x.conf"
        refused(tmp_path, f'{SOUND}include url("{url}")\ninclude "{url}"\ninclude required(url("{url}"))')
        server.shutdown()
    assert asked == []


def test_a_circle_of_includes_is_one_mistake_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, "a.conf", 'include "b.conf"')
    write(tmp_path, "b.conf", '\n include "a.conf"')
    (problem,) = refused(tmp_path, SOUND + 'include "a.conf"')
    assert "a.conf → b.conf → a.conf" in problem.message
    assert (problem.file, problem.line) == (str(tmp_path / "b.conf"), 2)


def chain(folder: Path, length: int) -> str:
    for index in range(length):
        write(folder, f"i{index}.conf", f'include "i{index + 1}.conf"\n')
    write(folder, f"i{length}.conf", "version = deep")
    return SOUND + 'include "i0.conf"'


def test_includes_may_be_100_deep_and_no_deeper(tmp_path: Path) -> None:
    assert load(tmp_path, chain(tmp_path, 99)).config.version == "deep"
    (problem,) = refused(tmp_path, chain(tmp_path, 100))
    assert (problem.code, problem.line) == ("limit", 1)


def test_mistakes_in_several_files_come_together(tmp_path: Path) -> None:
    write(tmp_path, "a.conf", "runtime { parallelism = x? }")
    (tmp_path / "b.conf").write_bytes(b"version = \xff")
    found = refused(tmp_path, SOUND + 'include "a.conf"\ninclude "b.conf"\nmod = batch')
    assert [(Path(each.file or "").name, each.code, each.line) for each in found] == [
        ("a.conf", "syntax", 1),
        ("b.conf", "encoding", 1),
        ("pipeline.conf", "unknown-key", 5),
    ]


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    file = load(tmp_path, b"\xef\xbb\xbfname = x\n" + SOUND.encode())
    assert (file.problems, file.places.value(("name",)).column) == ((), 8)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [(b"name = x\nversion = \xff\n", 2, 11), ("\ufeffa = é".encode() + b"\xe9", 1, 6), ("name = x".encode("utf-16"), 1, 1)],
)
def test_bytes_that_are_not_utf_8_are_located(text: bytes, line: int, column: int, tmp_path: Path) -> None:
    assert places(refused(tmp_path, text)) == [("encoding", line, column)]


@pytest.mark.parametrize("name", ["none.conf", ".", "pipe", "a\0b"])
def test_a_pipeline_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError) as caught:
        ConfigLoader(tmp_path / name).load()
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("file", str(tmp_path / name))
    assert repr(str(tmp_path / name)) in problem.message


def test_an_include_may_go_up_as_long_as_it_stays_inside_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "common.conf", "x = 1")
    write(tmp_path, "parts/a.conf", 'include "../common.conf"')
    assert options(tmp_path, 'include "parts/../parts/a.conf"') == {"x": 1}


def test_an_include_without_ending_is_a_file_and_not_the_folder_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "parts/a.conf", "x = 1")
    write(tmp_path, "parts.conf", "x = 2")
    assert options(tmp_path, 'include "parts"') == {"x": 2}


def test_an_include_without_ending_takes_both_kinds_of_file(tmp_path: Path) -> None:
    write(tmp_path, "parts.conf", "x = conf, y = conf")
    write(tmp_path, "parts.json", '{ "x": "json", "z": "json" }')
    assert options(tmp_path, 'include "parts"') == {"x": "conf", "y": "conf", "z": "json"}

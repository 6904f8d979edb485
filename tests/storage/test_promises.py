"""What files promise, tried on this machine, on a real HDFS and on an S3 that copies to rename."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grounds import Ground
from hdfs import hdfs
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.storage import LocalFiles, atomic_at, files_at, fingerprint, outline, rename_if_free

NAMES = ["part-0", "k=a b/part,1", "k=ü{}/l=1/part-2", "k=100%25; x/part-3", "_hidden/x", ".hidden", "k=d/_SUCCESS"]


def fill(ground: Ground, folder: str, *names: str) -> None:
    for name in names:
        ground.files.write(ground.path(f"{folder}/{name}"), f"{folder} {name}")


def failure(act: Callable[[], object]) -> OSError:
    with pytest.raises(OSError) as caught:  # noqa: PT011 -- each test says which
        act()
    return caught.value


# ---- listing and reading


def test_a_folder_is_listed_with_hidden_names_and_walked_without_them(ground: Ground) -> None:
    fill(ground, "out", *NAMES)
    files, out = ground.files, ground.path("out")
    assert files.names(out) == sorted({name.split("/")[0] for name in NAMES})
    assert files.folders(out) == sorted({name.split("/")[0] for name in NAMES if "/" in name})
    found = files.walk(out)
    assert [entry.relative for entry in found] == sorted(NAMES[:4])
    assert [entry.size for entry in found] == [len(f"out {entry.relative}".encode()) for entry in found]
    assert all(files.read(f"{out}/{entry.relative}") == f"out {entry.relative}" for entry in found)


def test_of_what_is_not_there_nothing_is_found(ground: Ground) -> None:
    files, no = ground.files, ground.path("no")
    assert (files.exists(no), files.is_folder(no)) == (False, False)
    assert (files.names(no), files.folders(no), files.walk(no), files.read(no), files.modified(no)) == ([], [], [], None, None)
    files.delete(no)


def test_a_file_is_no_folder(ground: Ground) -> None:
    fill(ground, "out", "file")
    files, file = ground.files, ground.path("out/file")
    assert (files.exists(file), files.is_folder(file), files.is_folder(ground.path("out"))) == (True, False, True)
    assert (files.names(file), files.folders(file), files.walk(file)) == ([], [], [])


def test_a_fingerprint_tells_of_what_came_went_or_was_written_again(ground: Ground) -> None:
    fill(ground, "out", "a", "b")
    files, out = ground.files, ground.path("out")
    before = files.walk(out)
    assert fingerprint(before) == fingerprint(files.walk(out))
    time.sleep(1.1)  # an object store counts whole seconds
    files.write(f"{out}/a", "OUT A")
    again = files.walk(out)
    assert (outline(again) == outline(before), fingerprint(again) == fingerprint(before)) == (True, False)
    fill(ground, "out", "c")
    assert outline(files.walk(out)) != outline(before)


def test_a_file_can_be_made_new_by_the_clock_of_its_file_system(ground: Ground) -> None:
    fill(ground, "out", "file")
    file = ground.path("out/file")
    before = ground.files.modified(file)
    time.sleep(1.1)
    ground.files.touch(file)
    after = ground.files.modified(file)
    assert before is not None
    assert after is not None
    assert after > before
    assert ground.files.read(file) == "out file"


# ---- writing


def test_a_file_is_written_with_its_parents_and_replaced_and_leaves_nothing_else(ground: Ground) -> None:
    for text in ("old", "näw", ""):
        ground.files.write(ground.path("a/b/file"), text)
        assert ground.files.read(ground.path("a/b/file")) == text
    assert ground.files.names(ground.path("a/b")) == ["file"]


def test_who_reads_while_a_file_is_replaced_sees_one_whole_text(ground: Ground) -> None:
    file, texts = ground.path("file"), [letter * 50_000 for letter in "ab"]
    ground.files.write(file, texts[0])
    ended, seen = threading.Event(), []

    def look() -> None:
        while not ended.is_set():
            seen.append(ground.files.read(file))

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        for number in range(10):
            ground.files.write(file, texts[number % 2])
        ended.set()
        looking.result()
    assert len(seen) > 1
    assert set(seen) <= set(texts)


# ---- renaming


@pytest.mark.parametrize("name", ["file", "folder/part"])
def test_a_free_name_is_taken_and_its_parents_are_made(name: str, ground: Ground) -> None:
    fill(ground, "out", name)
    top = name.split("/")[0]
    ground.files.rename(ground.path(f"out/{top}"), ground.path(f"new/place/{top}"))
    assert ground.files.read(ground.path(f"new/place/{name}")) == f"out {name}"
    assert not ground.files.exists(ground.path(f"out/{top}"))


@pytest.mark.parametrize("source", ["file", "folder"])
@pytest.mark.parametrize("target", ["file", "folder"])
def test_a_name_that_is_taken_stays_what_it_is(source: str, target: str, ground: Ground) -> None:
    fill(ground, "mine", "file", "folder/part")
    fill(ground, "new", "file", "folder/part")
    one, other = ground.path(f"new/{source}"), ground.path(f"mine/{target}")
    error = failure(lambda: ground.files.rename(one, other))
    assert isinstance(error, FileExistsError)
    assert other in (error.filename, error.filename2)
    assert not rename_if_free(ground.files, one, other)
    for folder in ("mine", "new"):
        assert [entry.relative for entry in ground.files.walk(ground.path(folder))] == ["file", "folder/part"]
        assert ground.files.read(ground.path(f"{folder}/folder/part")) == f"{folder} folder/part"


def test_what_is_not_there_cannot_be_renamed(ground: Ground) -> None:
    no = ground.path("no")
    error = failure(lambda: ground.files.rename(no, ground.path("new")))
    assert isinstance(error, FileNotFoundError)
    assert error.filename == no
    assert not ground.files.exists(ground.path("new"))


def at_once(act: Callable[[int], Any], count: int = 6) -> list[Any]:
    """What each of some threads gives that begin in the same moment."""
    start = threading.Barrier(count)

    def begin(number: int) -> Any:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_of_folders_that_take_one_name_at_once_one_gets_it_and_none_ends_up_inside_it(ground: Ground) -> None:
    if ground.files.renames_by_copying:
        assert atomic_at(ground.folder).rename is False
        return
    for attempt in range(3):
        there = replace(ground, folder=ground.path(str(attempt)))
        for number in range(6):
            fill(there, f"stage-{number}", f"part-{number}")
        won = at_once(lambda number, at=there: rename_if_free(at.files, at.path(f"stage-{number}"), at.path("out")))
        assert won.count(True) == 1
        assert [entry.relative for entry in ground.files.walk(there.path("out"))] == [f"part-{won.index(True)}"]
        assert ground.files.folders(there.path("out")) == []


def test_of_those_that_claim_one_name_at_once_one_gets_it_with_its_text_whole(ground: Ground) -> None:
    for attempt in range(3):
        there = replace(ground, folder=ground.path(str(attempt)))
        for number in range(6):
            fill(there, f"{number}", "owner")

        def claims(number: int, at: Ground = there) -> bool:
            try:
                at.files.claim(at.path(f"{number}/owner"), at.path("lease"))
            except FileExistsError:
                return False
            return True

        won = at_once(claims)
        assert won.count(True) == 1
        assert ground.files.read(there.path("lease")) == f"{won.index(True)} owner"


# ---- exchanging


def test_two_folders_change_places_in_one_step_or_not_at_all(ground: Ground) -> None:
    fill(ground, "one", "a")
    fill(ground, "other", "b")
    done = ground.files.exchange(ground.path("one"), ground.path("other"))
    assert done is atomic_at(ground.folder).exchange is (ground.kind == "local")
    found = [entry.relative for name in ("one", "other") for entry in ground.files.walk(ground.path(name))]
    assert found == (["b", "a"] if done else ["a", "b"])


def test_what_is_not_there_cannot_be_exchanged(ground: Ground) -> None:
    fill(ground, "one", "a")
    if ground.kind == "local":
        error = failure(lambda: ground.files.exchange(ground.path("one"), ground.path("no")))
        assert ground.path("no") in (error.filename, error.filename2)
    else:
        assert not ground.files.exchange(ground.path("one"), ground.path("no"))
    assert ground.files.names(ground.path("one")) == ["a"]


# ---- deleting, rights, what lasts


def test_files_and_folders_are_removed_with_all_in_them(ground: Ground) -> None:
    fill(ground, "out", *NAMES)
    ground.files.delete(ground.path("out/part-0"))
    assert not ground.files.exists(ground.path("out/part-0"))
    ground.files.delete(ground.path("out"))
    assert not ground.files.exists(ground.path("out"))


def test_a_folder_gets_the_rights_of_another(ground: Ground, spark: SparkSession) -> None:
    fill(ground, "old", "a")
    fill(ground, "new", "a")
    old, new = ground.path("old"), ground.path("new")
    if ground.kind == "local":
        Path(old).chmod(0o750)
    if ground.kind == "hdfs":
        system: Any = ground.files
        jvm: Any = spark._jvm
        entries = jvm.org.apache.hadoop.fs.permission.AclEntry.parseAclSpec("user:ada:rwx,default:user:ada:r-x", True)
        system._system.modifyAclEntries(system._path(old), entries)
    ground.files.copy_rights(old, new)
    assert rights(ground, new) == rights(ground, old)
    if ground.kind != "s3":
        assert "ada" in rights(ground, new) or "750" in rights(ground, new)


def test_an_hdfs_without_access_control_lists_copies_what_it_has(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with hdfs(tmp_path_factory.mktemp("without"), {"dfs.namenode.acls.enabled": "false"}) as root:
        files: Any = files_at(spark, root)
        for name in ("old", "new"):
            files.write(f"{root}/{name}/a", "text")
        permission: Any = spark._jvm.org.apache.hadoop.fs.permission.FsPermission  # type: ignore[union-attr]
        files._system.setPermission(files._path(f"{root}/old"), permission("750"))
        files.copy_rights(f"{root}/old", f"{root}/new")
        told = [str(files._system.getFileStatus(files._path(f"{root}/{name}")).getPermission()) for name in ("old", "new")]
        assert told[0] == told[1]


def rights(ground: Ground, folder: str) -> str:
    if ground.kind == "local":
        return oct(Path(folder).stat().st_mode)
    system: Any = ground.files
    if ground.kind == "s3":
        return str(system._system.getFileStatus(system._path(folder)).getPermission().toString())
    return str(system._system.getAclStatus(system._path(folder)).getEntries().toString())


def test_the_names_in_a_folder_can_be_made_to_last_and_be_looked_at_alone(ground: Ground) -> None:
    fill(ground, "out", "a")
    with ground.files.alone(ground.path("out")):
        ground.files.sync(ground.path("out"))


# ---- paths and failures


def test_a_path_has_one_full_name_and_the_root_is_refused(ground: Ground, spark: SparkSession) -> None:
    files = ground.files
    assert files.resolve(f"{ground.folder}/out/") == ground.path("out")
    assert files_at(spark, files.uri(ground.folder)).exists(files.uri(ground.path("no"))) is False
    root = "/" if ground.kind == "local" else ground.folder.rpartition("/")[0] + "/"
    with pytest.raises(PpfError, match="is the root of its file system"):
        files.resolve(root)
    fill(ground, "out", "file")
    for each in (root, root.rstrip("/") or root):
        assert (files.exists(each), files.is_folder(each), len(files.names(each)) > 0) == (True, True, True)


def test_a_path_of_another_file_system_is_an_error_that_names_it(hdfs_uri: str, spark: SparkSession) -> None:
    files, other = files_at(spark, hdfs_uri), "hdfs://elsewhere:1/out"
    for act in (files.exists, files.delete, files.walk, files.read, files.resolve):
        error = failure(lambda act=act: act(other))
        assert error.filename == other


def test_a_file_where_a_folder_should_be_is_named(ground: Ground) -> None:
    fill(ground, "out", "file")
    if ground.kind == "s3":
        return  # there are no folders: a name below the name of another is as good as any
    below = ground.path("out/file/below")
    error = failure(lambda: ground.files.write(below, "text"))
    assert isinstance(error, NotADirectoryError)
    assert str(error.filename) in (below, ground.path("out/file"))
    assert (ground.files.exists(below), ground.files.read(below), ground.files.modified(below)) == (False, None, None)
    assert ground.files.read(ground.path("out/file")) == "out file"


def test_a_folder_where_a_file_should_be_is_named_and_nothing_is_left(ground: Ground) -> None:
    fill(ground, "out", "folder/part")
    folder = ground.path("out/folder")
    assert failure(lambda: ground.files.write(folder, "text")).filename == folder
    assert (ground.files.names(ground.path("out")), ground.files.names(folder)) == (["folder"], ["part"])


def test_where_there_is_no_room_the_old_text_stays_and_the_error_names_the_file(hdfs_uri: str, spark: SparkSession) -> None:
    folder = f"{hdfs_uri}/small"
    files: Any = files_at(spark, folder)
    files.write(f"{folder}/file", "old")
    files._system.setQuota(files._path(folder), 9, 1024)  # no block fits
    error = failure(lambda: files.write(f"{folder}/file", "new"))
    assert (error.errno, error.filename) == (122, f"{folder}/file")
    assert files.names(folder) == ["file"]
    assert files.read(f"{folder}/file") == "old"


def test_a_file_system_that_hadoop_does_not_know_is_an_error_that_names_the_path(spark: SparkSession) -> None:
    error = failure(lambda: files_at(spark, "nowhere://host/out"))
    assert error.filename == "nowhere://host/out"
    assert 'No FileSystem for scheme "nowhere"' in str(error)


def test_a_host_that_does_not_answer_is_an_error_that_names_the_path(spark: SparkSession) -> None:
    java: Any = spark.sparkContext._jsc
    java.hadoopConfiguration().set("ipc.client.connect.max.retries", "0")
    error = failure(lambda: files_at(spark, "hdfs://127.0.0.1:1/out").exists("hdfs://127.0.0.1:1/out"))
    assert (type(error), error.filename) == (ConnectionRefusedError, "hdfs://127.0.0.1:1/out")


def test_paths_of_this_machine_may_have_their_scheme(tmp_path: Path) -> None:
    files = LocalFiles()
    files.write(f"file:{tmp_path}/a b/file", "text")
    files.rename(f"file:{tmp_path}/a b", f"{tmp_path}/c")
    assert files.read(f"file:{tmp_path}/c/file") == "text"
    assert files.uri(f"file:{tmp_path}/c") == files.uri(f"{tmp_path}/c") == f"file:{tmp_path}/c"

import sys
from collections.abc import Iterable
from importlib.metadata import DistributionFinder, PathDistribution, distributions
from pathlib import Path

import pytest
from wheels import DISCOVER, KERNEL, Site, build_wheel, install

from ppf_core.plugins.installed import Distribution, Offer, normalise, scan
from ppf_core.plugins.metadata_files import installed


def found(name: str) -> Distribution:
    (distribution,) = (each for each in scan() if each.name == name)
    return distribution


def test_wheel_is_found_with_what_its_metadata_says(site: Site) -> None:
    site.install("acme", "1.2")
    offers = (Offer("sources", "rows", "acme:Rows"),)
    assert found("acme") == Distribution("acme", "1.2", "What acme does.", (KERNEL,), offers)


def test_uninstalled_wheel_vanishes(site: Site) -> None:
    site.install("acme")
    site.uninstall("acme")
    assert "acme" not in [each.name for each in scan()]


def test_distribution_without_plugins_is_no_distribution_of_ours(site: Site) -> None:
    site.install("acme", offers={}, entry_points="[console_scripts]\nacme = acme:main\n")
    assert "acme" not in [each.name for each in scan()]


def test_first_on_sys_path_wins_as_it_does_for_import(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Site(tmp_path / "first")
    monkeypatch.syspath_prepend(str(first.folder))
    site.install("acme", "1.0")
    first.install("acme", "2.0")
    assert found("acme").version == "2.0"


def test_distribution_that_is_shadowed_by_one_without_plugins_is_not_found(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Site(tmp_path / "first")
    monkeypatch.syspath_prepend(str(first.folder))
    site.install("acme", "1.0")
    first.install("Acme", "2.0", entry_points="")
    assert "acme" not in [each.name for each in scan()]


def test_editable_install_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, source = Site(tmp_path / "environment"), Site(tmp_path / "source")
    monkeypatch.syspath_prepend(str(environment.folder))
    environment.install("acme")
    (environment.folder / "acme.py").rename(source.folder / "acme.py")
    (environment.folder / "acme.pth").write_text(f"{source.folder}\n")
    assert found("acme").version == "1.0"


def test_egg_info_of_a_develop_install_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "acme.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: acme\nVersion: 0.3\n")
    (info / "requires.txt").write_text("ppf-core>=0.1\n")
    (info / "entry_points.txt").write_text("[ppf.sources]\nrows = acme:Rows\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert (found("acme").version, found("acme").requires) == ("0.3", ("ppf-core>=0.1",))


def test_wheel_in_a_zip_file_on_sys_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(build_wheel(tmp_path, "acme", "1.5")))
    assert (found("acme").version, found("acme").requires) == ("1.5", (KERNEL,))


def test_egg_on_sys_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "acme-0.4-py3.egg" / "EGG-INFO"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: acme\nVersion: 0.4\n")
    (info / "entry_points.txt").write_text("[ppf.sources]\nrows = acme:Rows\n")
    monkeypatch.syspath_prepend(str(info.parent))
    assert found("acme").version == "0.4"


def test_what_only_somebody_else_s_finder_knows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path / "elsewhere")
    site.install("acme", "3.0")

    class Finder:
        """Finds the metadata of a folder that is not on sys.path."""

        find_spec = staticmethod(lambda *_args: None)

        @staticmethod
        def find_distributions(context: DistributionFinder.Context) -> Iterable[PathDistribution]:
            return map(PathDistribution, site.folder.glob("*.dist-info"))

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert found("acme").version == "3.0"


def test_what_is_found_is_what_importlib_finds(site: Site) -> None:
    site.install("acme")
    expected = {normalise(each.metadata["Name"]) for each in distributions()}
    assert {files.name for files in installed()} == expected


def test_line_ends_of_windows_are_read(site: Site) -> None:
    site.install("acme", metadata="Name: acme\r\nVersion: 1.7\r\n\r\nVersion: 9\r\n")
    assert found("acme").version == "1.7"


def test_long_description_that_looks_like_a_header_is_not_read(site: Site) -> None:
    site.install("acme", metadata="Name: acme\nVersion: 1.0\n\nRequires-Dist: ppf-core>=99\n")
    assert found("acme").requires == ()


@pytest.mark.parametrize(
    "line", ["rows", "rows = acme", "rows = acme Rows", "= acme:Rows", "rows =", "rows = :Rows", "rows = a:b:c"]
)
def test_malformed_entry_point_has_a_fault(site: Site, line: str) -> None:
    site.install("acme", entry_points=f"[ppf.sources]\n{line}\ngood = acme:Rows\n")
    bad, good = found("acme").offers
    assert (good.fault, bad.fault) == (None, f"Its entry point {line!r} is not 'name = module:Class'.")


def test_entry_points_may_have_comments_and_extras(site: Site) -> None:
    site.install("acme", entry_points="# ours\n[ppf.sources]\n; plain\nrows = acme : Rows [fast]\n\n[other]\nx = y\n")
    assert [(offer.name, offer.fault) for offer in found("acme").offers] == [("rows", None)]


@pytest.mark.parametrize("metadata", ["", "Summary: nothing else\n\n", "Version: 1.0\n\n"])
def test_broken_metadata_is_a_fault_of_that_distribution(site: Site, metadata: str) -> None:
    site.install("acme", metadata=metadata)
    site.install("beta")
    assert found("acme").fault is not None
    assert found("beta").fault is None


def test_missing_metadata_is_a_fault_of_that_distribution(site: Site) -> None:
    site.install("acme")
    (site.folder / "acme-1.0.dist-info" / "METADATA").unlink()
    assert "METADATA" in (found("acme").fault or "")


@pytest.mark.parametrize("file", ["METADATA", "entry_points.txt"])
def test_metadata_that_is_not_utf8_is_a_fault_of_that_distribution(site: Site, file: str) -> None:
    site.install("acme")
    (site.folder / "acme-1.0.dist-info" / file).write_bytes(b"Name: acme\xff")
    assert f"Its {file} cannot be read" in (found("acme").fault or "")


def test_names_compare_as_pep_503_says() -> None:
    assert normalise("Ppf__Files.x-y") == "ppf-files-x-y"


def test_scan_imports_no_plugin(site: Site) -> None:
    site.install("acme", code="import pathlib; pathlib.Path(__file__).with_name('canary').touch()")
    done = site.python(f"{DISCOVER}; registry.find('rows'); registry.select('sources', 'rows')")
    assert (done.stderr, (site.folder / "canary").exists()) == ("", False)


def test_listing_imports_neither_spark_nor_what_only_loading_needs(site: Site) -> None:
    site.install("acme")
    heavy = {"pyspark", "stevedore", "pluggy", "packaging", "pyhocon", "dataconf", "rich"}
    done = site.python(f"{DISCOVER}; import sys; print({heavy} & set(sys.modules))")
    assert done.stdout == "set()\n"


def test_real_wheel_is_a_valid_one(tmp_path: Path) -> None:
    from importlib.metadata import PathDistribution

    install(build_wheel(tmp_path, "acme", requires=[KERNEL, "rich"]), tmp_path)
    distribution = PathDistribution(tmp_path / "acme-1.0.dist-info")
    assert distribution.requires == [KERNEL, "rich"]
    assert all(Path(str(file.locate())).exists() for file in distribution.files or ())

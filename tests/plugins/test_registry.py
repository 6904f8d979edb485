import pytest
from wheels import KERNEL, Site

from ppf_core.errors import PluginError
from ppf_core.plugins.registry import GROUPS, PluginEntry


def refusal(site: Site, name: str, group: str = "sources", prefer: dict[str, str] | None = None, **environ: str) -> PluginError:
    with pytest.raises(PluginError) as caught:
        site.discover(**environ).select(group, name, prefer)
    return caught.value


def code(error: PluginError) -> str:
    return error.problems[0].code


# ---- states ----------------------------------------------------------------------------------------------------------


def test_sound_plugin_is_ready(site: Site) -> None:
    site.install("acme")
    assert site.row("sources.rows") == PluginEntry(
        "sources", "rows", "acme", "1.0", "ready", None, "What acme does.", "acme:Rows"
    )


def test_rows_come_by_group_then_normalised_name_then_distribution(site: Site) -> None:
    site.install("zeta", offers={"hooks.x-z": "zeta:A", "sources.x-b": "zeta:A", "sources.X_a": "zeta:A"})
    site.install("Eta", offers={"sources.x-b": "eta:A", "sinks.x-b": "eta:A"})
    rows = [(row.qualified, row.distribution) for row in site.discover().entries if row.distribution in ("zeta", "Eta")]
    assert rows == [
        ("sources.X_a", "zeta"),
        ("sources.x-b", "Eta"),
        ("sources.x-b", "zeta"),
        ("sinks.x-b", "Eta"),
        ("hooks.x-z", "zeta"),
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_is_scanned(site: Site, group: str) -> None:
    site.install("acme", offers={f"{group}.rows": "acme:Rows"})
    assert site.row(f"{group}.rows").state == "ready"


def test_name_that_two_distributions_offer_is_a_duplicate_in_both(site: Site) -> None:
    site.install("acme")
    site.install("beta", "2.0")
    reason = (
        "It is offered by acme 1.0 and beta 2.0. Uninstall one, or set "
        'plugins.prefer { "sources.rows" = "acme" }, or write the name as "acme:rows".'
    )
    assert [(row.state, row.reason) for row in site.discover().find("sources.rows")] == [("duplicate", reason)] * 2


def test_duplicates_are_found_though_their_names_are_spelled_differently(site: Site) -> None:
    site.install("acme", offers={"sources.my_rows": "acme:Rows"})
    site.install("beta", offers={"sources.My-Rows": "beta:Rows"})
    assert {row.state for row in site.discover().find("my.rows")} == {"duplicate"}


def test_same_name_in_two_groups_is_no_duplicate(site: Site) -> None:
    site.install("acme", offers={"sources.rows": "acme:Rows", "sinks.rows": "acme:Rows"})
    assert {row.state for row in site.discover().find("rows")} == {"ready"}


def test_duplicates_count_among_what_is_not_blocked(site: Site) -> None:
    site.install("acme")
    site.install("beta")
    assert (site.row("rows", PPF_PLUGINS_OFF="beta").state, site.row("rows", "beta", PPF_PLUGINS_OFF="beta").state) == (
        "ready",
        "blocked",
    )


def test_name_offered_twice_by_one_distribution_is_broken(site: Site) -> None:
    site.install("acme", entry_points="[ppf.sources]\nrows = acme:Rows\nrows = acme:Other\n")
    rows = site.discover().find("acme:rows")
    assert [(row.state, row.reason) for row in rows] == [
        ("broken", "acme offers this name more than once. Tell its author.")
    ] * 2


@pytest.mark.parametrize("wanted", ["ppf-core>=99", "ppf_core<0.1", "PPF.Core[spark]==42", "ppf-core (>=9)", "ppf-core~=7.0"])
def test_plugin_made_for_another_kernel_is_incompatible(site: Site, wanted: str) -> None:
    site.install("acme", requires=[wanted])
    row = site.row("rows")
    assert row.state == "incompatible"
    assert f"It wants {wanted!r}, found ppf-core 0." in (row.reason or "")


@pytest.mark.parametrize(
    "requires",
    [
        [],
        ["requests"],
        ["ppf-core"],
        ["ppf-core[spark]>=0.1,<1"],
        ["ppf-core>=0.1.dev0"],
        ["ppf-core @ file:///somewhere"],
        ["ppf-core>=99; extra == 'next'"],
        ["ppf-core>=99; python_version < '3'"],
        ["ppf-core-extras>=99"],
        ["!!!"],
    ],
)
def test_plugin_that_accepts_this_kernel_is_ready(site: Site, requires: list[str]) -> None:
    site.install("acme", requires=requires)
    assert site.row("rows").state == "ready"


def test_malformed_requirement_on_the_kernel_is_broken(site: Site) -> None:
    site.install("acme", requires=["ppf-core >=> 1"])
    row = site.row("rows")
    assert (row.state, "Its Requires-Dist is malformed" in (row.reason or "")) == ("broken", True)


def test_malformed_entry_point_is_broken_and_says_what_it_should_be(site: Site) -> None:
    site.install("acme", entry_points="[ppf.sources]\nrows = acme\n")
    row = site.row("rows")
    reason = "Its entry point 'rows = acme' is not 'name = module:Class'. Reinstall acme, or tell its author."
    assert (row.state, row.reason) == ("broken", reason)


def test_broken_metadata_is_a_row_that_names_the_distribution(site: Site) -> None:
    site.install("acme", metadata="Name: acme\n\n")
    row = site.row("rows")
    assert (row.state, row.version, "METADATA" in (row.reason or "")) == ("broken", "unknown", True)


# ---- PPF_PLUGINS and PPF_PLUGINS_OFF ---------------------------------------------------------------------------------


def test_allow_list_allows_exactly_what_it_names(site: Site) -> None:
    site.install("acme")
    site.install("beta", offers={"sources.other": "beta:Rows"})
    registry = site.discover(PPF_PLUGINS="Acme")
    assert {row.distribution for row in registry.entries if row.state != "blocked"} == {"acme"}


def test_empty_allow_list_allows_none(site: Site) -> None:
    site.install("acme")
    assert {row.state for row in site.discover(PPF_PLUGINS="").entries} == {"blocked"}


def test_block_list_wins_over_the_allow_list(site: Site) -> None:
    site.install("acme")
    row = site.row("rows", PPF_PLUGINS="acme", PPF_PLUGINS_OFF=" ACME ,")
    assert (row.state, row.reason) == ("blocked", "PPF_PLUGINS_OFF blocks it. Remove acme there to use it.")


def test_reason_of_what_is_not_allowed_says_how_to_allow_it(site: Site) -> None:
    site.install("acme")
    assert site.row("rows", PPF_PLUGINS="").reason == "PPF_PLUGINS does not allow it. Add acme there to use it."


@pytest.mark.parametrize("variable", ["PPF_PLUGINS", "PPF_PLUGINS_OFF"])
def test_unknown_name_in_a_list_is_a_problem_with_a_near_miss(site: Site, variable: str) -> None:
    site.install("acme-files")
    (problem,) = site.discover(**{variable: "acme-fils"}).problems
    assert problem.code == "unknown-distribution"
    assert problem.message == f"{variable} names 'acme-fils', but no installed distribution of this name offers plugins."
    assert "Did you mean 'acme-files'?" in (problem.hint or "")


def test_known_names_are_no_problem_however_they_are_spelled(site: Site) -> None:
    site.install("acme-files")
    assert site.discover(PPF_PLUGINS="Acme_Files", PPF_PLUGINS_OFF="acme.files").problems == ()


# ---- find ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rows", "Rows", "sources.rows", "acme:rows", "ACME:sources.rows"])
def test_plugin_is_found_by_any_of_its_names(site: Site, name: str) -> None:
    site.install("acme")
    assert [row.qualified for row in site.discover().find(name)] == ["sources.rows"]


def test_find_gives_all_matches(site: Site) -> None:
    site.install("acme", offers={"sources.rows": "acme:Rows", "sinks.rows": "acme:Rows"})
    site.install("beta")
    found = [(row.qualified, row.distribution) for row in site.discover().find("rows")]
    assert found == [("sources.rows", "acme"), ("sources.rows", "beta"), ("sinks.rows", "acme")]


# ---- select ----------------------------------------------------------------------------------------------------------


def test_select_gives_the_one_plugin_of_a_name(site: Site) -> None:
    site.install("acme")
    assert site.discover().select("sources", "rows").distribution == "acme"


def test_unknown_name_is_missing_with_a_near_miss(site: Site) -> None:
    site.install("acme", offers={"sources.acme_rows": "acme:Rows"})
    error = refusal(site, "acme_rosw")
    assert (code(error), error.exit_code, error.message) == ("plugin-missing", 3, "There is no source 'acme_rosw'.")
    assert "Did you mean 'acme_rows'?" in (error.hint or "")


def test_name_of_another_kind_is_missing_and_says_where_it_is(site: Site) -> None:
    site.install("acme", offers={"streaming_sources.rows": "acme:Rows"})
    error = refusal(site, "rows")
    assert str(error) == "There is no source 'rows'. The name stands for streaming_sources.rows of acme 1.0."


def test_ambiguous_name_names_both_with_versions_and_the_choice(site: Site) -> None:
    site.install("acme")
    site.install("beta", "2.0")
    error = refusal(site, "rows")
    assert (code(error), error.message) == ("plugin-ambiguous", "The source 'rows' is ambiguous.")
    assert (error.hint or "").startswith("It is offered by acme 1.0 and beta 2.0. Uninstall one, or set plugins.prefer")


@pytest.mark.parametrize("key", ["sources.rows", "Sources.Rows"])
def test_preference_decides_between_duplicates(site: Site, key: str) -> None:
    site.install("acme")
    site.install("beta")
    assert site.discover().select("sources", "rows", {key: "Beta"}).distribution == "beta"


def test_distribution_before_the_name_decides_between_duplicates(site: Site) -> None:
    site.install("acme")
    site.install("beta")
    assert site.discover().select("sources", "beta:rows").distribution == "beta"


def test_distribution_before_the_name_wins_over_a_preference(site: Site) -> None:
    site.install("acme")
    site.install("beta")
    assert site.discover().select("sources", "beta:rows", {"sources.rows": "acme"}).distribution == "beta"


def test_preference_for_another_group_decides_nothing(site: Site) -> None:
    site.install("acme")
    site.install("beta")
    assert code(refusal(site, "rows", prefer={"sinks.rows": "acme"})) == "plugin-ambiguous"


def test_preferred_distribution_that_does_not_offer_the_name_is_missing(site: Site) -> None:
    site.install("acme")
    site.install("beta", offers={"sources.other": "beta:Rows"})
    error = refusal(site, "rows", prefer={"sources.rows": "beta"})
    assert str(error) == "The distribution 'beta' offers no source 'rows'. There is sources.rows of acme 1.0."


def test_unknown_distribution_before_the_name_is_missing_with_a_near_miss(site: Site) -> None:
    site.install("acme")
    error = refusal(site, "acmee:rows")
    assert str(error).startswith("There is no distribution 'acmee' with plugins. Did you mean 'acme'?")


def test_incompatible_rival_still_makes_a_name_ambiguous_until_one_is_chosen(site: Site) -> None:
    site.install("acme")
    site.install("beta", requires=["ppf-core>=99"])
    assert code(refusal(site, "rows")) == "plugin-ambiguous"
    assert site.discover().select("sources", "acme:rows").distribution == "acme"


def test_blocked_plugin_is_refused_and_says_how_to_unblock_it(site: Site) -> None:
    site.install("acme")
    error = refusal(site, "rows", PPF_PLUGINS_OFF="acme")
    assert (code(error), error.message) == (
        "plugin-blocked",
        "The plugin sources.rows of acme 1.0 is blocked. PPF_PLUGINS_OFF blocks it. Remove acme there to use it.",
    )


def test_incompatible_plugin_is_refused_with_wanted_and_found(site: Site) -> None:
    site.install("acme", requires=["ppf-core>=99"])
    error = refusal(site, "rows")
    assert (code(error), "It wants 'ppf-core>=99', found ppf-core" in error.message) == ("plugin-incompatible", True)


def test_malformed_entry_point_is_refused(site: Site) -> None:
    site.install("acme", entry_points="[ppf.sources]\nrows\n")
    assert code(refusal(site, "rows")) == "plugin-broken"


# ---- plugins.require and plugins.prefer ------------------------------------------------------------------------------


def test_met_requirements_are_silent(site: Site) -> None:
    site.install("acme", "1.2.0rc1")
    requirements = ["acme>=1.1", "Acme", "acme[extra]<2", "nothing-such>1; python_version < '3'"]
    assert site.discover().unmet(requirements) == ()


def test_unmet_requirement_shows_wanted_and_found(site: Site) -> None:
    site.install("acme", "1.0")
    assert site.discover().unmet(["acme", "acme>=1.2"]) == (
        (1, "Wanted 'acme>=1.2', found acme 1.0. Run: pip install 'acme>=1.2'"),
    )


def test_requirement_that_is_not_installed_gets_a_near_miss(site: Site) -> None:
    site.install("acme-kafka")
    ((_, message),) = site.discover().unmet(["acme-kafak>=1"])
    assert message.startswith("Wanted 'acme-kafak>=1', found no distribution 'acme-kafak'. Did you mean 'acme-kafka'?")


def test_blocked_requirement_is_unmet(site: Site) -> None:
    site.install("acme")
    ((_, message),) = site.discover(PPF_PLUGINS_OFF="acme").unmet(["Acme>=1"])
    assert (
        message == "Wanted 'Acme>=1', found Acme 1.0, which is blocked: PPF_PLUGINS_OFF blocks it. Remove Acme there to use it."
    )


def test_preferences_that_can_never_hold_are_told(site: Site) -> None:
    site.install("acme")
    prefer = {"sources.rows": "acme", "rows": "acme", "source.rows": "acme", "sinks.rows": "acmee"}
    found = {key: str(error) for key, error in site.discover().unfit_preferences(prefer).items()}
    assert set(found) == {"rows", "source.rows", "sinks.rows"}
    assert found["source.rows"].startswith("'source.rows' is not a group and a name such as 'sources.csv'.")
    assert found["sinks.rows"].startswith("There is no distribution 'acmee' with plugins. Did you mean 'acme'?")


def test_a_name_that_a_distribution_does_not_offer_gets_a_near_miss_among_those_it_does(site: Site) -> None:
    site.install("acme")
    with pytest.raises(PluginError, match=r"'acme' offers no source 'rowz'\. Did you mean 'rows'\?"):
        site.discover().select("sources", "acme:rowz")


def test_kernel_requirement_of_the_test_wheels_is_the_documented_one() -> None:
    assert KERNEL == "ppf-core>=0.1,<1"

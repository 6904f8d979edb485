"""What `ppf plugins test` asks: all of it holds for our plugins that have cases and need no service."""

import pytest
from ppf_testing import suites_of
from ppf_testing.offers import OfferConformance

ASKED = (
    *("audit", "author", "checkpoint", "console", "excel", "files", "inline", "logging", "lsp", "memory", "profile"),
    *("prometheus", "python", "quality", "quarantine", "rate", "report", "schema", "secrets-env", "secrets-file", "spark"),
    *("sql", "table", "testing", "transforms"),
)
LEFT_OUT = (
    # Spark finds the package for Avro in a repository; tests/odd_files has a session with it.
    *("Test_sources_avro_Source", "Test_sinks_avro_StagedSink"),
    # A view shows rows of tables, and none that it is given.
    "Test_sinks_view_StagedSink",
)
SUITES = {name: suite for each in ASKED for name, suite in suites_of(f"ppf-{each}").items() if name not in LEFT_OUT}
globals().update(SUITES)


@pytest.mark.parametrize("name", SUITES)
def test_each_plugin_has_a_case(name: str) -> None:
    assert issubclass(SUITES[name], OfferConformance) or "case" in vars(SUITES[name])

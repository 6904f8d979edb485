"""What `ppf plugins test` asks: all of it holds for our plugins that have cases and need no service."""

import pytest
from ppf_testing import suites_of
from ppf_testing.offers import OfferConformance

ASKED = (
    *("audit", "author", "checkpoint", "excel", "files", "inline", "logging", "lsp", "memory", "profile", "prometheus"),
    *("python", "quality", "quarantine", "rate", "report", "schema", "secrets-env", "secrets-file", "spark", "sql"),
    *("testing", "transforms"),
)
# Spark finds the package for Avro in a repository; tests/odd_files has a session with it.
OF_AVRO = ("Test_sources_avro_Source", "Test_sinks_avro_StagedSink")
SUITES = {name: suite for each in ASKED for name, suite in suites_of(f"ppf-{each}").items() if name not in OF_AVRO}
globals().update(SUITES)


@pytest.mark.parametrize("name", SUITES)
def test_each_plugin_has_a_case(name: str) -> None:
    assert issubclass(SUITES[name], OfferConformance) or "case" in vars(SUITES[name])

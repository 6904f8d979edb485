"""The pytest plugin: the fixtures of `ppf_core.testing`, and assertions of the suites told as those of tests are."""

import pytest

pytest_plugins = ("ppf_core.testing.fixtures",)

SUITES = (
    *("checks", "hooks", "plugins", "secrets", "sinks", "sources", "splitting_sinks", "staged_sinks"),
    *("streaming_sinks", "streaming_sources", "transforms"),
)
pytest.register_assert_rewrite(*(f"ppf_testing.{name}" for name in SUITES))

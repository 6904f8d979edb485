"""The pytest plugin: the fixtures of `ppf_core.testing`, and assertions of the suites told as those of tests are."""

import pytest

from ppf_testing.versions import skip_later_checks

pytest_plugins = ("ppf_core.testing.fixtures",)

SUITES = (
    *("checks", "hooks", "offers", "plugins", "processes", "secrets", "sinks", "sources", "splitting_sinks", "staged_sinks"),
    *("streaming_sinks", "streaming_sources", "transforms"),
)
pytest.register_assert_rewrite(*(f"ppf_testing.{name}" for name in SUITES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Later checks wait until they are asked for."""
    skip_later_checks(items)

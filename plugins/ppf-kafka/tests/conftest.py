"""The suite stands in a module of its own; what it asserts is to be told as that of tests is."""

import pytest

pytest.register_assert_rewrite("streaming_sources")

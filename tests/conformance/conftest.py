"""The suites stand in modules of their own; what they assert is to be told as that of tests is."""

import pytest

pytest.register_assert_rewrite("splitting_sinks", "staged_sinks", "streaming_sinks", "streaming_sources")

from ppf_console.noop import NoopSink

from ppf_core.testing import build


def test_writing_twice_is_writing_once() -> None:
    assert build(NoopSink).idempotent

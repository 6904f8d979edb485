"""Importing plugins: what their modules print stays out of standard output, in every thread."""

import sys
import threading

from ppf_core.plugins.loading import quiet


def test_standard_output_is_what_it_was_after_two_threads_loaded_plugins_at_once() -> None:
    before = sys.stdout
    first_is_in, second_is_in, first_is_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with quiet():
            first_is_in.set()
            second_is_in.wait(0.5)  # it cannot come in, so that we go on
        first_is_out.set()

    def second() -> None:
        first_is_in.wait()
        with quiet():
            second_is_in.set()
            first_is_out.wait()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    after, sys.stdout = sys.stdout, before
    assert after is before

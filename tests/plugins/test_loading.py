"""Importing plugins: what their modules print stays out of standard output, in every thread."""

import sys
import threading
import time

from ppf_core.plugins.loading import quiet


def test_standard_output_is_what_it_was_after_several_threads_loaded_plugins() -> None:
    before = sys.stdout
    together = threading.Barrier(4)

    def load() -> None:
        together.wait()
        for _ in range(25):
            with quiet():
                time.sleep(0.001)  # a module takes its time, and other threads come in between

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.stdout is before

"""The daemon that Spark forks its Python workers from, without what it costs where pyspark is an installed package.

Spark puts zip files and a jar of its own in front of a worker's path. Before each task, Python reads their tables of contents
again: 80 ms. After each task, it looks at every object that the worker was born with for garbage: 20 ms.
"""

import gc
import sys


def _leave_archives() -> None:
    """Leaves pyspark to the folder where it is installed; the archives hold the same."""
    for place in [each for each in sys.path if each.endswith((".zip", ".jar"))]:
        sys.path.remove(place)
        sys.path_importer_cache.pop(place, None)


if __name__ == "__main__":
    _leave_archives()
    from pyspark.daemon import manager

    gc.freeze()
    manager()  # type: ignore[no-untyped-call]  # pyspark does not say its types

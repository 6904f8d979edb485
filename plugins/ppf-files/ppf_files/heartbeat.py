"""Signs of life of a writer, for processes of other hosts, which cannot see whether it still runs."""

import logging
import threading

from ppf_files.owner import EXPIRES_AFTER, Owner
from ppf_files.place import Place

_EVERY = EXPIRES_AFTER / 10


class Heartbeat:
    """Renews the owner's file, and its lease, until it is stopped."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ppf-files-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it; a renewal that is under way is waited for, so that it cannot write what is then removed."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY):
            try:
                self.beat()
            except OSError as error:
                logging.getLogger(__name__).warning("The lease beside %r was not renewed: %s", self._place.target, error)

    def beat(self) -> None:
        """One sign of life."""
        files = self._place.files
        for path in (self._place.owner_file, self._place.lease, self._place.turn):
            if Owner.parse(files.read(path)) == self._place.owner:
                files.touch(path)

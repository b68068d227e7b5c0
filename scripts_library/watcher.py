"""Hot reload: a trainer saves a file, the next utterance is matched with it; a broken file changes nothing but is reported."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from scripts_library.library import DATA, Library, Places, fingerprint, library_files
from scripts_library.problems import LibraryError, Problem

Stamp = tuple[tuple[str, int, int], ...]


class LibraryWatcher:
    """Holds the newest good library. `poll` is cheap when nothing changed and may be called from any thread.

    The first load must succeed (LibraryError otherwise); after that the last good library stays until a good one replaces it.
    """

    def __init__(self, folder: Path = DATA, own: Path | None = None, desk: Path | None = None) -> None:
        self._places = Places(folder, own, desk)
        self._lock = threading.Lock()
        self._stamp = _stamp(self._places)
        self._tried = fingerprint(*self._places)
        self._library = Library.load(*self._places)
        self._problems: tuple[Problem, ...] = ()

    @property
    def library(self) -> Library:
        return self._library

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with the files as they stand now; empty while the newest files are in use."""
        return self._problems

    def poll(self) -> bool:
        """Look at the files; True if a new library took over. Sizes and times first, contents only where those moved."""
        with self._lock:
            stamp = _stamp(self._places)
            if stamp == self._stamp:
                return False
            contents = fingerprint(*self._places)
            self._stamp = stamp
            if contents == self._tried:
                return False
            self._tried = contents
            if contents == self._library.fingerprint:  # a broken edit was taken back
                self._problems = ()
                return False
            try:
                self._library, self._problems = Library.load(*self._places), ()
            except LibraryError as error:
                self._problems = tuple(error.problems)
                return False
            return True


def _stamp(places: Places) -> Stamp:
    found = []
    for path in [*library_files(places.folder, places.own), *([places.desk] if places.desk else [])]:
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((path.name, status.st_mtime_ns, status.st_size))
    return tuple(found)

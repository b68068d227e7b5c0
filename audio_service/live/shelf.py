"""The library in use, with the finders made from it; shared by all conversations and renewed when a trainer saves a file."""

from __future__ import annotations

from dataclasses import dataclass

from scripts_library.library import Library
from scripts_library.listening import Listener, WordingMatcher
from scripts_library.matcher import Matcher
from scripts_library.watcher import LibraryWatcher


@dataclass(frozen=True, slots=True)
class Tools:
    """One version of the library and what finds its words."""

    library: Library
    matcher: Matcher
    wording: WordingMatcher
    listener: Listener

    @classmethod
    def of(cls, library: Library) -> Tools:
        """Slow (indexes are built): not for the event loop."""
        return cls(library, Matcher(library), WordingMatcher(library), Listener(library))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A library that stays as it is: to try one out."""

    tools: Tools


class Shelf:
    """Raises LibraryError if the files cannot be used at the start; later faults leave the last good version in use."""

    def __init__(self, watcher: LibraryWatcher) -> None:
        self.watcher = watcher
        self.tools = Tools.of(watcher.library)

    def poll(self) -> bool:
        """Take up changed files; True if a new version is in use."""
        if not self.watcher.poll():
            return False
        self.tools = Tools.of(self.watcher.library)
        return True

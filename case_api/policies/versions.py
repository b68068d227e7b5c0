"""Which version of a rule holds where and when, and where two differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """When one version holds, and where (`site_id` None: at every site without a version of its own)."""

    id: str
    site_id: str | None
    effective_from: datetime
    retired_at: datetime | None

    @property
    def never_held(self) -> bool:
        """Called off before it began."""
        return self.retired_at is not None and self.retired_at <= self.effective_from


def in_force(spans: Sequence[Span], site_id: str | None, at: datetime) -> Span | None:
    """The one version that holds at this site at this moment; a site's own version wins over the general one.

    The newest that has begun holds until it is retired; an older one never comes back by itself, because nobody has looked at it since.
    """
    for scope in dict.fromkeys((site_id, None)):
        begun = [span for span in spans if span.site_id == scope and span.effective_from <= at and not span.never_held]
        newest = max(begun, key=lambda span: span.effective_from, default=None)
        if newest is not None and (newest.retired_at is None or newest.retired_at > at):
            return newest
    return None


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two tables differ; None where a side has nothing there."""

    path: str
    before: object
    after: object


def differences(before: object, after: object, path: str = "") -> list[Difference]:
    """Where two JSON values differ, leaf by leaf, by path (`bands.0.up_to_fen`)."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [*before, *(key for key in after if key not in before)]
        pairs = [(key, before.get(key), after.get(key)) for key in keys]
    elif isinstance(before, list) and isinstance(after, list):
        shared = range(max(len(before), len(after)))
        pairs = [(str(i), before[i] if i < len(before) else None, after[i] if i < len(after) else None) for i in shared]
    else:
        return [] if before == after else [Difference(path, before, after)]
    return [found for key, old, new in pairs for found in differences(old, new, f"{path}.{key}" if path else key)]

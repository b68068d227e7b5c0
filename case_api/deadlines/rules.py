"""What happens on the way to a time limit, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

WHOLE: Final = 10_000
What = Literal["remind", "overdue", "escalate"]


class Moment(NamedTuple):
    """Something that happens at a share (in basis points) of the time from the start to the limit, and who is told."""

    share: int
    what: What
    role: str


def plan(reminders: Sequence[int], role: str, escalations: Sequence[tuple[int, str]]) -> tuple[Moment, ...]:
    """Reminders (shares) to whoever has to do the work, then each superior (share, role) who hears that it is late. Shares rise."""
    late = (Moment(share, "escalate" if n else "overdue", superior) for n, (share, superior) in enumerate(escalations))
    return (*(Moment(share, "remind", role) for share in reminders), *late)


def moment_at(moment: Moment, starts_at: datetime, due_at: datetime) -> datetime:
    """When it happens."""
    return starts_at + (due_at - starts_at) * moment.share / WHOLE


def first_stage(moments: Sequence[Moment], starts_at: datetime, due_at: datetime, now: datetime) -> int:
    """Where a deadline armed at `now` begins: reminders that are past already are skipped, a limit that is past is not."""
    for stage, moment in enumerate(moments):
        if moment.what != "remind" or moment_at(moment, starts_at, due_at) > now:
            return stage
    return len(moments)


def next_at(moments: Sequence[Moment], stage: int, starts_at: datetime, due_at: datetime) -> datetime | None:
    """When the next thing happens; None when nothing is left."""
    return moment_at(moments[stage], starts_at, due_at) if stage < len(moments) else None

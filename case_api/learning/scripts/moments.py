"""From rows to moments: every prompt of a conversation with what the voice did after it, and like moments without one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.scope import Scope
from case_api.learning.scripts import repository
from case_api.sessions.rules import splice
from models.prosody import ProsodyTrack, unpack
from scripts_library.mining.tracks import COLUMNS, Moment, Track, is_fresh, measure, unprompted

MOST_SESSIONS = 1500
"""Conversations looked at: half an hour each, they are a gigabyte of measurements."""
BATCH = 25
Tell = Callable[[int, int], Awaitable[None]]
"""Conversations that were measured, of how many."""


async def moments(db: AsyncSession, scope: Scope, tell: Tell | None = None) -> tuple[int, list[Moment]]:
    """How many conversations were looked at, and their moments. `tell` hears how far it is."""
    sessions = await repository.sessions_with_prompts(db, scope, MOST_SESSIONS)
    staff = {row.id: row.staff_id for row in sessions}
    found: list[Moment] = []
    ids = list(staff)
    for first in range(0, len(ids), BATCH):
        if tell is not None:
            await tell(first, len(ids))
        batch = ids[first : first + BATCH]
        called: defaultdict[str, list[tuple[float, str, str, int, bool]]] = defaultdict(list)
        for session_id, *prompt in await repository.called_for(db, batch):
            called[session_id].append(tuple(prompt))  # type: ignore[arg-type]
        chunks = await repository.tracks(db, batch)
        found += await asyncio.to_thread(_measured, chunks, staff, called)
        for chunk in chunks:
            db.expunge(chunk)
    return len(staff), found


def _measured(chunks: Sequence[ProsodyTrack], staff: dict[str, str], called: Any) -> list[Moment]:
    found: list[Moment] = []
    for session_id, own in groupby(chunks, key=lambda chunk: chunk.session_id):
        start, step, columns = splice([(chunk.start, chunk.step, unpack(chunk)) for chunk in own], 0.0, float("1e6"))
        if start > 0 or not set(COLUMNS) <= columns.keys():
            continue  # an early version measured less
        track = Track.of(step, columns)
        prompts = called[session_id]
        said = [prompt[0] for prompt in prompts]
        found += [
            measure(track, at, session_id, staff[session_id], situation, script, shown=shown, fresh=is_fresh(at, said), lot=lot)
            for at, script, situation, lot, shown in prompts
        ]
        quiet = unprompted(track, said)
        found += [measure(track, at, session_id, staff[session_id]) for at in quiet]
    return found

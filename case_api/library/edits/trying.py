"""A sentence, or a conversation that was recorded, heard twice: with the library as it is and with a change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.hearing import Escalation
from audio_service.live.finished import Finished
from audio_service.live.opening import finished_of
from audio_service.live.prompting import PromptDesk, Raised
from audio_service.live.shelf import Fixed, Shelf, Tools
from audio_service.live.words import Found, find, read
from audio_service.messages import Level, Speaker
from case_api.library.edits.schemas import Both, Replayed, ReplayedUtterance, Spoken
from case_api.library.service import tried
from case_api.security import Principal
from case_api.sessions import repository as sessions
from case_api.sessions.service import find_kept
from models.learning import PromptWithheld
from models.prompts import PromptShown
from models.settings import Settings
from scripts_library.library import Library

CALMING = "calming"
"""Prompts that the voice brought up."""
RISE = ("strength", "rate_change", "loudness_change", "pitch_change", "balance_change")


async def both(shelf: Shelf, settings: Settings, library: Library, spoken: Spoken) -> Both:
    """What a sentence sets off before and after."""

    def work() -> Both:
        speaker = Speaker(spoken.speaker)
        after = Fixed(Tools.of(library))
        return Both(before=tried(shelf, settings, spoken.text, speaker), after=tried(after, settings, spoken.text, speaker))

    return await asyncio.to_thread(work)


async def replay(db: AsyncSession, principal: Principal, settings: Settings, shelf: Shelf, library: Library, session_id: str) -> Replayed:
    """A conversation one may read, as it was transcribed. The voice rises where it rose. Raises Problem: not_found, not_recorded."""
    await find_kept(db, principal, session_id)
    utterances = [finished_of(row) for row in await sessions.utterances(db, session_id)]
    levels = [(one.at, Level(one.level)) for one in await sessions.states(db, session_id)]
    called: list[PromptShown | PromptWithheld] = [*await sessions.prompts(db, session_id), *await sessions.withheld(db, session_id)]
    rises = [_rise(prompt, levels) for prompt in called if prompt.kind == CALMING]

    def work() -> Replayed:
        before, after = (_hear(tools, settings, utterances, levels, rises) for tools in (shelf.tools, Tools.of(library)))
        return _told(session_id, utterances, before, after)

    return await asyncio.to_thread(work)


def _rise(prompt: PromptShown | PromptWithheld, levels: Sequence[tuple[float, Level]]) -> Escalation:
    """The rise of the voice that a stored prompt came from."""
    before = [level for at, level in levels if at <= prompt.at]
    level = Level.AGITATED if before[-1:] == [Level.AGITATED] else Level.RISING
    return Escalation(prompt.at, level, *(float(prompt.evidence.get(name, 0.0)) for name in RISE))


Heard = tuple[dict[str, Found], dict[float | str, Raised]]


def _hear(
    tools: Tools, settings: Settings, utterances: Sequence[Finished], levels: Sequence[tuple[float, Level]], rises: Sequence[Escalation]
) -> Heard:
    """What is found in each utterance, and the prompts, by the utterance's name or the time of the voice's rise."""
    desk = PromptDesk(Fixed(tools), settings, {})
    found = {one.name: find(tools, one.transcription) for one in utterances}
    raised: dict[float | str, Raised | None] = {}
    steps: list[tuple[float, int, Any]] = [(at, 0, level) for at, level in levels]
    steps += [(rise.at, 1, rise) for rise in rises] + [(one.end, 2, one) for one in utterances]
    for at, kind, what in sorted(steps, key=lambda step: step[:2]):
        if kind == 0:
            desk.level_is(at, what)
        elif kind == 1:
            raised[at] = desk.for_voice(what)
        else:
            raised[what.name] = desk.for_words(what, read(what, found[what.name]))
    return found, {name: one for name, one in raised.items() if one is not None}


def _told(session_id: str, utterances: Sequence[Finished], before: Heard, after: Heard) -> Replayed:
    items = [item for one in utterances if (item := _utterance(one, before, after)) is not None]
    voices = sorted({at for _, raised in (before, after) for at in raised if isinstance(at, float)})
    items += [_voice(at, before, after) for at in voices]
    return Replayed(
        session_id=session_id,
        utterances=len(utterances),
        changed=sum((one.before, one.prompt_before) != (one.after, one.prompt_after) for one in items),
        prompts_before=len(before[1]),
        prompts_after=len(after[1]),
        items=sorted(items, key=lambda item: item.at),
    )


def _utterance(one: Finished, before: Heard, after: Heard) -> ReplayedUtterance | None:
    """None where nothing differs and nothing comes up."""
    said = [_names(one, found[one.name]) for found, _ in (before, after)]
    texts = [_text(raised.get(one.name)) for _, raised in (before, after)]
    if said[0] == said[1] and texts == [None, None]:
        return None
    return ReplayedUtterance(
        name=one.name,
        at=one.start,
        speaker=str(one.speaker),
        text=one.transcription.text,
        before=said[0],
        after=said[1],
        prompt_before=texts[0],
        prompt_after=texts[1],
    )


def _voice(at: float, before: Heard, after: Heard) -> ReplayedUtterance:
    old, new = (_text(raised.get(at)) for _, raised in (before, after))
    return ReplayedUtterance(name="", at=at, speaker="customer", text="", before=[], after=[], prompt_before=old, prompt_after=new)


def _names(one: Finished, found: Found) -> list[str]:
    heard = read(one, found)
    return [*dict.fromkeys(hit.term for hit in heard.hits), *(f"「{hit.heard}」" for hit in heard.wording)]


def _text(raised: Raised | None) -> str | None:
    return raised.prompt.text if raised is not None else None

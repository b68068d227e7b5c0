"""Reads the library in use: the one that conversations are matched with at this moment, a trainer's last save included."""

from __future__ import annotations

import asyncio
from typing import Any

from audio_service.hearing import Escalation
from audio_service.live.finished import VISIBLE_AFTER, Finished
from audio_service.live.prompting import PromptDesk
from audio_service.live.registry import Registry
from audio_service.live.shelf import Fixed, Shelf
from audio_service.live.words import find, read
from audio_service.messages import Level, Speaker
from audio_service.transcription.results import Transcription
from case_api.library import schemas
from case_api.library.edits.following import follow
from case_api.library.rules import found
from models.engine import Factory
from models.settings import Settings
from scripts_library.library import Library, places
from scripts_library.listening import moment_of
from scripts_library.records import Script, Term, WordingRule
from scripts_library.watcher import LibraryWatcher

SPOKEN_SECONDS = 3.0
RISE = Escalation(SPOKEN_SECONDS + VISIBLE_AFTER, Level.RISING, 0.0, 0.0, 0.0, 0.0, 0.0)
"""The customer's voice, as soon as the words before it count."""


class LibraryDesk:
    """Where requests find the library: on the ear's shelf, or in an application that does not listen on one of their own.

    Every request sees what was approved before it, on whichever process that was.
    """

    def __init__(self, settings: Settings) -> None:
        self._places = places(settings)
        self._opening = asyncio.Lock()
        self._own: Shelf | None = None

    async def shelf(self, registry: Registry | None, factory: Factory) -> Shelf:
        """The library in use. Raises LibraryError if there is no ear and the files cannot be used."""
        await follow(factory, self._places, anew=registry is None and self._own is None)
        if registry is not None:
            await registry.ear.run(registry.ear.shelf.poll)
            return registry.ear.shelf
        async with self._opening:
            if self._own is None:
                self._own = await asyncio.to_thread(lambda: Shelf(LibraryWatcher(*self._places)))
        await asyncio.to_thread(self._own.poll)
        return self._own


def scripts(library: Library, query: str | None, **wanted: Any) -> list[schemas.ScriptOut]:
    """Scripts by id. `wanted` are field values they must have; None is no wish."""
    level, review = wanted.pop("level"), wanted.pop("review")
    items = [
        one
        for _, one in sorted(library.scripts.items())
        if _agrees(one, wanted)
        and (level is None or level in one.levels)
        and (review is None or one.review.status == review)
        and found(query, (one.id, one.zh, one.en))
    ]
    return [_script(one) for one in items]


def terms(library: Library, query: str | None, **wanted: Any) -> list[schemas.TermOut]:
    """Terms by category, the gravest first."""
    items = [
        one
        for one in library.terms.values()
        if _agrees(one, wanted) and found(query, (one.name, *one.aliases, *one.misheard, library.categories[one.category].zh))
    ]
    return [_term(library, one) for one in sorted(items, key=lambda one: (one.category, -one.severity, one.name))]


def wording(library: Library, query: str | None) -> list[schemas.WordingOut]:
    """Rules by id."""
    items = [one for one in library.wording if found(query, (one.id, *one.phrases, one.zh, one.en))]
    return [_wording(library, one) for one in sorted(items, key=lambda one: one.id)]


def tried(shelf: Shelf | Fixed, settings: Settings, text: str, speaker: Speaker) -> schemas.Tried:
    """What a sentence would set off, through the very code that a conversation goes through. Takes milliseconds."""
    tools = shelf.tools
    transcription = Transcription(text=text)
    heard = find(tools, transcription)
    done = Finished(0, 0.0, SPOKEN_SECONDS, speaker, 1.0, transcription)
    desk = PromptDesk(shelf, settings, {})
    by_words = desk.for_words(done, read(done, heard))
    by_voice = desk.for_voice(RISE) if speaker is not Speaker.STAFF else None
    return schemas.Tried(
        fingerprint=tools.library.fingerprint,
        hits=[schemas.HitOut.model_validate(hit) for hit in heard.hits],
        wording=[schemas.WordingHitOut(rule=hit.rule.id, heard=hit.heard, start=hit.start, end=hit.end) for hit in heard.wording],
        moment=moment_of(heard.hits),
        causes=dict(heard.causes),
        gladness=tools.listener.holdback(text),
        prompt=by_words.prompt if by_words is not None else None,
        if_voice_rises=by_voice.prompt if by_voice is not None else None,
    )


def _agrees(one: Script | Term, wanted: dict[str, Any]) -> bool:
    return all(value is None or getattr(one, name) == value for name, value in wanted.items())


def _script(one: Script) -> schemas.ScriptOut:
    fields = {name: getattr(one, name) for name in schemas.ScriptOut.model_fields}
    return schemas.ScriptOut.model_validate(fields | {"levels": sorted(one.levels)})


def _term(library: Library, one: Term) -> schemas.TermOut:
    fields = {name: getattr(one, name) for name in schemas.TermOut.model_fields}
    return schemas.TermOut.model_validate(fields | {"category": library.categories[one.category]})


def _wording(library: Library, one: WordingRule) -> schemas.WordingOut:
    named = [library.scripts[script] for script in one.scripts]
    better = [schemas.BetterOut(script_id=script.id, zh=script.zh, en=script.en) for script in named]
    own = [schemas.BetterOut(script_id=None, zh=one.zh, en=one.en)] if one.zh and not better else []
    return schemas.WordingOut(id=one.id, phrases=list(one.phrases), unless=list(one.unless), better=better or own)

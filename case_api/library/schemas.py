"""What `/v1/library` takes and gives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from audio_service.messages import Prompt
from case_api.schemas import In, Out, printable
from scripts_library.records import Cause, Kind, Listen, Moment, ReviewStatus, Signal, Tone

Level = Literal["provisional", "calm", "rising", "agitated"]


class ReviewOut(Out):
    """What legal said of a script; only `approved` ones are ever shown on a phone."""

    status: ReviewStatus
    by: str
    on: date | None
    note: str


class ScriptOut(Out):
    """Words to say."""

    id: str
    kind: Kind
    situation: Moment
    cause: Cause
    tone: Tone
    levels: list[Level]
    zh: str
    en: str
    review: ReviewOut


class CategoryOut(Out):
    """A kind of complaint."""

    id: str
    zh: str
    en: str


class TermOut(Out):
    """One thing that is listened for. `misheard` are texts recognition makes of it, `not_if` words in which it is something else."""

    name: str
    category: CategoryOut
    aliases: list[str]
    misheard: list[str]
    near: list[str]
    not_if: list[str]
    severity: int
    signal: Signal
    cause: Cause | None
    moment: Moment | None
    listen: Listen


class BetterOut(Out):
    """What to say instead."""

    script_id: str | None = Field(description="null where the rule brings its own words")
    zh: str
    en: str


class WordingOut(Out):
    """Staff wording that escalates; `unless` are longer phrases in which it does not."""

    id: str
    phrases: list[str]
    unless: list[str]
    better: list[BetterOut]


class Shelf(Out):
    """`fingerprint` is the version of the files, the same in every answer until a trainer saves one."""

    fingerprint: str


class Scripts(Shelf):
    items: list[ScriptOut]


class Terms(Shelf):
    items: list[TermOut]


class Wording(Shelf):
    items: list[WordingOut]


Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(printable)]


class Try(In):
    """A sentence as the recogniser would write it, and who said it."""

    text: Sentence = Field(examples=["你们再不退定金我就去法院告你们"])
    speaker: Literal["staff", "customer", "unsure"] = "customer"


class HitOut(Out):
    """A term that was heard; `start` and `end` are characters of the text."""

    term: str
    category: str
    heard: str
    start: int
    end: int
    kind: Literal["exact", "alias", "phonetic"]
    score: float
    severity: int
    signal: Signal
    moment: Moment | None
    negated: bool


class WordingHitOut(Out):
    """Staff wording that was heard."""

    rule: str
    heard: str
    start: int
    end: int


class Tried(Shelf):
    """What the sentence would set off in a conversation that has just begun."""

    hits: list[HitOut]
    wording: list[WordingHitOut]
    moment: Moment | None
    causes: dict[Cause, float]
    gladness: float = Field(description="Evidence against anger in these words, 0 to 1")
    prompt: Prompt | None = Field(description="What these words bring up on the phone")
    if_voice_rises: Prompt | None = Field(description="What comes up if the customer's voice rises right after them")

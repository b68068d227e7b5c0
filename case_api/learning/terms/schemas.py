"""Bodies of new terms."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from case_api.schemas import In, Out, printable
from models.learning import TermVerdict
from models.rules import broken_rule
from scripts_library.reading import LONGEST_TERM
from scripts_library.records import Cause

Compare = Literal["escalated", "recent"]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=LONGEST_TERM), AfterValidator(printable)]


class PhraseOut(Out):
    """A phrase that one kind of conversation holds more often; counted are conversations."""

    text: str
    sessions: int
    others: int
    per_100: float
    per_100_others: float
    score: float = Field(description="Log-odds in standard deviations; above 2 is hardly chance")


class Phrases(Out):
    """`sessions` of the kind that was asked for, `others` to compare with."""

    sessions: int
    others: int
    items: list[PhraseOut]


class VariantOut(Out):
    """What the recogniser wrote where the phrase was probably said."""

    text: str
    times: int
    source: Literal["hypotheses", "sound"]


class Variants(Out):
    """Suggestions for `misheard`; a person picks what is right."""

    items: list[VariantOut]


class Decision(In):
    """Take a phrase into the lexicon, or do not propose it again."""

    phrase: Word = Field(examples=["毛坯交付"])
    verdict: TermVerdict
    aliases: list[Word] = Field(default_factory=list, max_length=20, description="Other names of it")
    misheard: list[Word] = Field(default_factory=list, max_length=20, description="What recognition makes of it")
    severity: int = Field(default=2, ge=1, le=3)
    cause: Cause | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({self.phrase, *self.aliases, *self.misheard}) < 1 + len(self.aliases) + len(self.misheard):
            raise broken_rule("同一个词写了两次", "a word is named twice")
        return self


class Decided(Out):
    """What became of it."""

    id: str
    phrase: str
    verdict: TermVerdict

"""Bodies of what scripts achieve. `mean`, `low`, `high` are changes; negative is calmer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from case_api.learning.scripts.moves import Why
from case_api.schemas import In, Out, Reference
from models.learning import MOST_WITHHELD_BP, Ranking, RunStatus
from scripts_library.mining.effects import Design, Verdict

Measure = Literal["score", "rate", "loudness"]


def _number(given: object) -> object:
    """A query holds text only; `Literal` of numbers takes none."""
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) < 4 else given


Horizon = Annotated[Literal[15, 30, 60], BeforeValidator(_number)]


class EffectOut(Out):
    """What came of it, with its 95 % interval; null while there is not enough yet."""

    measure: Measure = Field(description="score: state (standard deviations); rate: syllables a second; loudness: dB")
    horizon: Horizon = Field(description="Seconds after the prompt")
    design: Design = Field(description="randomised: against prompts withheld by lot; matched: against like moments without a prompt")
    moments: int
    sessions: int
    staff: int
    mean: float | None
    low: float | None
    high: float | None
    verdict: Verdict = Field(
        description="works: at most every twentieth of those told at once is chance; chance: calmer only if looked at by itself"
    )
    p: float | None = Field(description="How often what does nothing would come out like this, looked at by itself")
    zh: str = Field(description="The verdict in words")
    en: str


class SubjectEffects(Out):
    """Effects of one script or in one situation."""

    key: str
    text: str = Field(description="The script's words; empty for a situation")
    text_en: str = Field(description="The same in English")
    effects: list[EffectOut]
    lot_shown: int = Field(description="Prompts of it that might have been withheld by lot, and were shown")
    lot_withheld: int = Field(description="Prompts of it that were withheld by lot")


class Effects(Out):
    """What was looked at, and what came of it."""

    sessions: int = Field(description="Conversations looked at: the newest ones with a prompt, at most `most_sessions`")
    most_sessions: int
    items: list[SubjectEffects]


class ScriptUses(Out):
    """How often a script was on a phone, and the last tap on its card; a card nobody tapped counts in `shown` only.

    The taps are null where they are of fewer than three people.
    """

    script_id: str
    shown: int
    used: int | None
    helpful: int | None
    dismissed: int | None
    unhelpful: int | None


class Uses(Out):
    """Scripts that were shown in the period, by id."""

    items: list[ScriptUses]


class StaffSpread(Out):
    """How the effect differs between people, of nobody by name: their number, and quartiles where there are enough of them."""

    people: int = Field(description="With enough prompts of their own to tell")
    low: float | None
    median: float | None
    high: float | None


class RankingOut(Out):
    """Beliefs about scripts at one time; conversations that begin from now on use the newest unless their site froze the ranking."""

    id: str
    made_at: datetime
    moments: int
    scripts: list[Belief]


class Belief(Out):
    """What is believed of one script: by how much calmer (standard deviations) the customer is 30 s later."""

    script_id: str
    mean: float
    sd: float
    moments: int
    zh: str


class RunOut(Out):
    """Learning that was asked for (or the night's own): how far it is, and the version that came of it."""

    id: str
    status: RunStatus
    site_ids: list[str] | None = Field(description="Sites learned from; null: every one")
    started_by: str | None = Field(description="Null: by itself, at night")
    started_by_name: str | None
    started_at: datetime
    ended_at: datetime | None
    sessions: int = Field(description="Conversations with a prompt in the last 90 days, 0 until they are counted")
    sessions_done: int
    ranking_version_id: str | None = Field(description="Null when it is done: no prompt was measured")


class MoveOut(Out):
    """A script in its situation, now and before. `points` are what learning adds to its rank, at most 1.5 either way."""

    script_id: str
    text: str
    text_en: str
    cause: str
    place: int
    place_before: int | None = Field(description="Null: there was no version before")
    points: float
    points_before: float | None
    mean: float | None = Field(description="By how much calmer (standard deviations) the customer is; null: not enough to tell")
    low: float | None
    high: float | None
    moments: int
    why: Why
    zh: str
    en: str


class SituationMoves(Out):
    """The scripts of one situation, the first one first: in calm, before a cause was heard, without what is tried by lot."""

    situation: str
    moved: int
    scripts: list[MoveOut]


class RankingMoves(Out):
    """A version beside the one it took the place of."""

    ranking_version_id: str
    made_at: datetime
    before_id: str | None
    before_at: datetime | None
    moments: int
    moved: int = Field(description="Scripts that stand elsewhere than before")
    situations: list[SituationMoves]


class Agreement(In):
    """What a site agrees to."""

    holdout_bp: int = Field(
        default=0,
        ge=0,
        le=MOST_WITHHELD_BP,
        description="Of 10 000 prompts that are not urgent this many are withheld by lot; never in a red situation. 0: none",
        examples=[500],
    )
    ranking: Ranking = Field(
        default="off", description="off: as the files say; learning: with the newest beliefs; frozen: with those of `ranking_version_id`"
    )
    ranking_version_id: Annotated[
        Reference | None, Field(description="For frozen; if left out the one that is held already, else the newest")
    ] = None
    go_live_on: date | None = Field(default=None, description="The day that complaints are compared around")


class AgreementOut(Out):
    """What holds at a site. Without an agreement: version 0, nothing withheld, nothing learned."""

    site_id: str
    holdout_bp: int
    ranking: Ranking
    ranking_version_id: str | None
    go_live_on: date | None
    version: int


RankingOut.model_rebuild()

"""Bodies of competitors' offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from case_api.competitors.rules import Better
from case_api.schemas import FilledLine, In, Moment, Out, Prose, Reason, Reference
from models.competitors import CompetitorOutcome, Matchable

Fen = Annotated[int, Field(gt=0, le=100_000_000_000)]
Terms = Annotated[Prose, StringConstraints(min_length=1)]


class CompetitorOfferIn(In):
    """An offer that somebody heard of. With a case, its evidence or a conversation of it may be named."""

    site_id: Reference
    case_id: Reference | None = None
    competitor: FilledLine = Field(description="The competing project", examples=["滨江壹号"])
    offered: Reason = Field(description="What is said to be offered", examples=["同户型总价低 12 万元，送全屋智能家居"])
    heard_by: Reference | None = Field(default=None, description="Who heard it; oneself if left out")
    heard_at: Moment = Field(examples=["2026-11-23T10:20:00+08:00"])
    evidence_id: Reference | None = None
    session_id: Reference | None = None


class Verification(In):
    """What came of asking: whether the offer is as it was told, and what shows it."""

    outcome: CompetitorOutcome
    proof: Reason = Field(examples=["竞品售楼处价目表照片，2026-11-24 现场核对"])
    evidence_id: Reference | None = None


class PriceItem(In):
    """Prices of the same type of unit."""

    item: Literal["price"]
    theirs_fen: Fen = Field(examples=[248_000_000])
    ours_fen: Fen = Field(examples=[260_000_000])
    note: Prose = ""


class DeliveryItem(In):
    """Dates of delivery."""

    item: Literal["delivery_date"]
    theirs_on: date
    ours_on: date
    note: Prose = ""


class JudgedItem(In):
    """What cannot be reckoned: somebody judges it."""

    item: Literal["fittings", "payment_terms", "other"]
    theirs: Terms = Field(examples=["首付 15%，余款分两年付清"])
    ours: Terms = Field(examples=["首付 30%，余款按揭"])
    better: Better = Field(description="Whose is better for the customer")
    note: Prose = ""


class ComparisonIn(In):
    """Every item, and whether we can match the offer. Said again it replaces what was said."""

    items: list[Annotated[PriceItem | DeliveryItem | JudgedItem, Field(discriminator="item")]] = Field(min_length=1, max_length=20)
    matchable: Matchable = Field(description="Whether the offer can be matched, with the benefit pool and the rules as they are")
    judgement: Reason = Field(examples=["价差无法匹配，可用一年物业费与智能家居包补足"])


class ComparedItem(Out):
    """One item side by side."""

    item: Literal["price", "delivery_date", "fittings", "payment_terms", "other"]
    theirs: str = Field(examples=["¥2,480,000.00"])
    ours: str = Field(examples=["¥2,600,000.00"])
    better: Better
    difference: str = Field(
        description="The arithmetic, where there is one", examples=["¥2,600,000.00 − ¥2,480,000.00 = ¥120,000.00（4.62%）"]
    )
    note: str


class CompetitorOfferOut(Out):
    """One offer of a competitor."""

    id: str
    site_id: str
    case_id: str | None
    competitor: str = Field(examples=["滨江壹号"])
    offered: str
    heard_by: str
    heard_at: datetime
    evidence_id: str | None
    session_id: str | None
    created_by: str
    created_at: datetime
    outcome: CompetitorOutcome | None = Field(description="null: not verified yet")
    proof: str
    proof_evidence_id: str | None
    verified_by: str | None
    verified_at: datetime | None
    comparison: list[ComparedItem]
    balance: dict[str, int] = Field(
        description="In how many items whose is better", examples=[{"theirs": 2, "ours": 1, "neither": 0, "unclear": 0}]
    )
    matchable: Matchable | None = Field(description="null: not compared yet")
    judgement: str
    compared_by: str | None
    compared_at: datetime | None
    version: int

"""Bodies of acknowledgements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from case_api.co_residents.rules import PAD
from case_api.schemas import FilledLine, In, Line, Out, Reason, Reference
from models.co_residents import AckMethod, AckStatus
from models.rules import broken_rule

Number = Annotated[Line, StringConstraints(max_length=64)]
Name = Annotated[FilledLine, StringConstraints(max_length=40)]
Point = tuple[Annotated[int, Field(ge=0, le=PAD[0])], Annotated[int, Field(ge=0, le=PAD[1])]]
Strokes = Annotated[list[Annotated[list[Point], Field(min_length=1, max_length=1000)]], Field(min_length=1, max_length=60)]


class Resident(In):
    """Somebody the purchase is about. Whoever pays or decides signs; a child who lives there does not."""

    name: Name = Field(examples=["李梅"])
    relation: Annotated[Line, StringConstraints(max_length=20)] = Field(default="", examples=["配偶"])
    pays: bool = False
    decides: bool = False
    lives: bool = False
    signs: bool = True


class _People(In):
    people: list[Resident] = Field(
        min_length=1,
        max_length=12,
        examples=[
            [
                {"name": "王小明", "relation": "本人", "pays": True, "decides": True, "lives": True},
                {"name": "李梅", "relation": "配偶", "decides": True, "lives": True},
            ]
        ],
    )

    @model_validator(mode="after")
    def _whole(self) -> _People:
        for what, zh, en in (("pays", "出资", "pays"), ("decides", "决策", "decides"), ("lives", "居住", "lives there")):
            if not any(getattr(person, what) for person in self.people):
                raise broken_rule(f"须有至少一人{zh}", f"at least one person {en}")
        if any((person.pays or person.decides) and not person.signs for person in self.people):
            raise broken_rule("出资人和决策人须签字", "whoever pays or decides signs")
        if len({person.name for person in self.people}) < len(self.people):
            raise broken_rule("有两人同名，请加以区分", "two people of one name: tell them apart")
        return self


def _somebody(customer_reference: str, unit_reference: str) -> None:
    if not (customer_reference or unit_reference):
        raise broken_rule("客户编号与单元编号至少填写一项", "the customer's number or the unit is needed")


class AckIn(_People):
    """An acknowledgement to be signed: of which customer and unit, and who pays, decides and will live there."""

    site_id: Reference
    customer_reference: Number = Field(default="", description="The customer's number in the CRM", examples=["C-10382"])
    unit_reference: Number = Field(default="", examples=["3栋1202"])
    customer_label: Line = Field(default="", examples=["王先生"])

    @model_validator(mode="after")
    def _whose(self) -> AckIn:
        _somebody(self.customer_reference, self.unit_reference)
        return self


class AckChange(_People):
    """Who pays, decides and will live there, whole: nobody has signed yet."""


class SignatureIn(In):
    """A signature as it was drawn on the screen."""

    name: Name = Field(examples=["李梅"])
    strokes: Strokes = Field(
        description=f"Lines of points (x, y) in a field of {PAD[0]} × {PAD[1]}, y downwards",
        examples=[[[[120, 210], [260, 120], [400, 230], [520, 140]], [[600, 90], [640, 300]]]],
    )


class SignIn(In):
    """Everybody's signature; they were shown the text of this acknowledgement."""

    signatures: list[SignatureIn] = Field(min_length=1, max_length=12)


class AckWithdrawal(In):
    """Why it should not count any more."""

    reason: Reason = Field(examples=["配偶姓名登记有误，重新签署"])


class ScanOut(Out):
    """The signed page, scanned."""

    name: str = Field(examples=["知情确认书.pdf"])
    sha256: str
    url: str = Field(examples=["/v1/co-resident-acknowledgements/0193…/scan"])


class AckListed(Out):
    """One acknowledgement."""

    id: str
    site_id: str
    customer_reference: str
    unit_reference: str
    customer_label: str
    people: list[Resident]
    notice_version: str = Field(examples=["co-2026-11"])
    status: AckStatus
    method: AckMethod | None
    digest: str | None = Field(description="SHA-256 of what was signed, as it stands on the paper")
    created_by: str
    created_at: datetime
    signed_at: datetime | None
    witnessed_by: str | None = Field(description="Who was there when it was signed")
    withdrawn_at: datetime | None
    withdrawn_reason: str
    version: int


class AckOut(AckListed):
    """One acknowledgement with the text that is acknowledged."""

    text_zh: str
    text_en: str
    signed_by: Sequence[str] = Field(description="Who signed on the screen")
    scan: ScanOut | None


class AckCheck(Out):
    """Whether there is a signed acknowledgement: to be asked before a subscription is taken."""

    acknowledged: bool
    acknowledgement_id: str | None
    signed_at: datetime | None

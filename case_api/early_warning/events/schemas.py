"""Events as other programs tell them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from case_api.early_warning.events.rules import DUE_KINDS
from case_api.schemas import In, Line, Moment, Out, Reference
from models.crm import ToldKind
from models.rules import broken_rule

Number = Annotated[Line, StringConstraints(max_length=64)]
BATCH_MAX = 500


class EventIn(In):
    """One event. `event_id` is the source's own number for it: told again under the same number it changes nothing."""

    event_id: Annotated[Line, StringConstraints(min_length=1, max_length=80)] = Field(examples=["crm-20261123-000381"])
    site: Annotated[Line, StringConstraints(max_length=16)] | None = Field(
        default=None, description="Code of the site; only a source of one site may leave it out", examples=["HD"]
    )
    customer_reference: Number = Field(default="", description="The customer's number in the source", examples=["C-10382"])
    unit_reference: Number = Field(default="", examples=["3栋1202"])
    customer_label: Line = Field(default="", description="How the board names the customer", examples=["王女士"])
    kind: ToldKind
    at: Moment = Field(description="When it happened", examples=["2026-11-23T10:20:00+08:00"])
    due_at: Moment | None = Field(default=None, description="The booked or agreed time, of kinds that have one")
    reference: Number = Field(default="", description="Instalment or set of papers: ties what came to what was due", examples=["首付-1"])

    @model_validator(mode="after")
    def _whole(self) -> EventIn:
        if not (self.customer_reference or self.unit_reference):
            raise broken_rule(
                "客户编号（customer_reference）与单元编号（unit_reference）至少填写一项", "customer_reference or unit_reference is needed"
            )
        if (self.due_at is not None) != (self.kind in DUE_KINDS):
            if self.due_at is None:
                raise broken_rule(f"{self.kind} 须有约定时间（due_at）", f"{self.kind} needs a due_at")
            raise broken_rule(f"{self.kind} 没有约定时间（due_at）", f"{self.kind} has no due_at")
        return self


class EventsIn(In):
    """Some events, in any order."""

    events: list[EventIn] = Field(min_length=1, max_length=BATCH_MAX)


class TakenOut(Out):
    """How many were new, and how many were told before."""

    taken: int = Field(examples=[2])
    known: int = Field(examples=[0])


class Conversation(In):
    """A conversation that was held with the customer."""

    session_id: Reference

"""Bodies of the state of the service."""

from __future__ import annotations

from pydantic import Field

from case_api.schemas import Out


class QueueOut(Out):
    """Work that the service does by itself: what waits, since when, and what it has given up."""

    waiting: int
    oldest_seconds: float | None = Field(description="Age of what waits longest; null where nothing waits", examples=[0.4])
    failed: int = Field(description="Given up in the last 30 days, or set aside for a person")


class EarOut(Out):
    """The ear, as far as this process has one."""

    listening: bool = Field(description="Whether its models are in memory, so that conversations can begin")
    conversations: int
    conversations_max: int = Field(examples=[8])


class LibraryOut(Out):
    """What trainers keep; `approved` scripts alone reach a phone."""

    usable: bool
    scripts: int
    approved: int
    terms: int


class SetUpOut(Out):
    """How far the service is set up: each has to be one or more before it is of use."""

    sites: int
    staff: int = Field(description="Accounts in service that may hold a conversation")
    managers: int = Field(description="Accounts in service of site managers")
    voices: int = Field(description="Staff who enrolled their voice")
    conversations: int


class StateOut(Out):
    """Everything an administrator looks at first. `database_seconds`: what one question took."""

    version: str = Field(examples=["0.1.0"])
    database: str = Field(examples=["postgresql"])
    database_seconds: float
    ear: EarOut
    library: LibraryOut
    events: QueueOut
    webhooks: QueueOut
    messages: QueueOut
    late_work: int = Field(description="Open tasks past their limit, clocks that are stopped left out")
    phone_address: str | None = Field(
        description="Where a phone finds the phone page; null where only this machine reaches the service",
        examples=["https://192.168.1.20:8080/mic"],
    )
    set_up: SetUpOut

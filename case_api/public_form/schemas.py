"""Bodies of the electronic application, for the desk and for customers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from case_api.intake.causes import Cause
from case_api.intake.identity import IdType
from case_api.intake.rules import Alternative
from case_api.intake.schemas import LongProse
from case_api.public_form.rules import TOKEN_PATTERN, LinkStatus, StepState, SurveyState
from case_api.schemas import FilledLine, In, Line, Out, Prose, Reference

Secret = Annotated[str, StringConstraints(pattern=r"^[fp]_[A-Za-z0-9_-]{43}$")]
SheetFormat = Literal["svg", "png", "a5", "a4"]


class FormLinkIn(In):
    """A link for one customer; the site may be left out by a person who works at one only."""

    site_id: Reference | None = None
    label: Line = Field(default="", description="For the desk's own list; the customer does not see it", examples=["前台 2 号桌"])


class FormLinkOut(Out):
    """One link to the form. The case is there once it was handed in."""

    id: str
    site_id: str
    label: str
    status: LinkStatus
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    submitted_at: datetime | None
    case_id: str | None
    version: int


class FormLinkMade(FormLinkOut):
    """The link with its secret, which is told this once: the page's address is `<server>/form#<secret>`."""

    secret: str = Field(examples=["f_3q2-7wEjYx…"])


class ProgressLinkMade(Out):
    """A link to the page that tells how far the case is; the secret is told this once: `<server>/form#<secret>`."""

    case_id: str
    secret: str = Field(examples=["p_9kQ1xVb0c…"])


class ProgressLinksRevoked(Out):
    """How many links work no longer."""

    revoked: int


class SheetIn(In):
    """What is to be printed or shown."""

    secret: Secret = Field(description="As it was told when the link was made", examples=["f_" + "A" * 43])
    format: SheetFormat = Field(default="svg", description="`svg`, `png`: the code alone; `a5`, `a4`: a page to print")


class CauseChoice(Out):
    """A cause that may be ticked."""

    code: Cause
    zh: str
    en: str


class FormOut(Out):
    """What the page needs to show the form."""

    site: str = Field(examples=["海德花园"])
    site_en: str
    expires_at: datetime
    causes: list[CauseChoice]
    notice_version: str
    notice_zh: str
    notice_en: str
    photo_bytes_max: int
    phone_verified: str | None = Field(description="The last digits of a number that was verified through this link")


class PhoneIn(In):
    """Where the code is to be sent."""

    phone: FilledLine = Field(examples=["13812345678"])


class CodeOnItsWay(Out):
    """A code was sent."""

    expires_at: datetime
    attempts_left: int
    wait_seconds: int = Field(description="Seconds until another one may be asked for")


class PhoneVerified(Out):
    """The code was right."""

    phone: str = Field(examples=["**********5678"])


class Application(In):
    """What the customer fills in; the receptionist goes through it with them afterwards."""

    name: Annotated[FilledLine, StringConstraints(max_length=40)] = Field(examples=["王小明"])
    phone: FilledLine = Field(examples=["13812345678"])
    id_type: IdType = "resident_id"
    id_number: Line | None = Field(default=None, examples=["11010519491231002X"])
    building: Line = Field(default="", examples=["3栋"])
    unit: Line = Field(default="", examples=["1202"])
    subscription_date: date | None = Field(default=None, examples=["2026-10-01"])
    causes: list[Cause] = Field(min_length=1, max_length=6, examples=[["family"]])
    cause_text: LongProse = Field(default="", examples=["家人看房后觉得朝向不好"])
    alternative: Alternative | None = None
    notice_version: FilledLine = Field(examples=["form-2026-11"])
    agreed: Literal[True] = Field(description="The customer has read the notice of that version and agrees")
    progress_token: Annotated[str, StringConstraints(pattern=TOKEN_PATTERN)] = Field(
        description="`p_` and 43 random characters of base64url, made up by the phone: it opens the progress page, and makes repeating "
        "this request harmless",
        examples=["p_" + "A" * 43],
    )


class Received(Out):
    """The request is in."""

    code: str = Field(examples=["HD-20261123-0007"])
    received_at: datetime


class StepOut(Out):
    """One step of the way."""

    zh: str
    en: str
    state: StepState


class ProgressOut(Out):
    """How far the case is, in words for the customer; nothing of who decides what."""

    code: str
    site: str
    site_en: str
    received_at: datetime
    steps: list[StepOut]
    hint_zh: str
    hint_en: str
    survey: SurveyState


class SurveyIn(In):
    """How satisfied the customer is with the handling."""

    score: int = Field(ge=1, le=5, strict=True, examples=[5])
    comment: Prose = Field(default="", examples=["接待很耐心"])


class SurveyOut(Out):
    """Thank you."""

    score: int
    comment: str


# The form is read after the link was looked up, not by FastAPI before it, so its contract is written down here.
SUBMISSION_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["application"],
                    "properties": {
                        "application": {
                            "type": "string",
                            "description": "JSON: " + ", ".join(Application.model_fields),
                        },
                        "photo": {"type": "string", "format": "binary", "description": "A photo of the ID: JPEG, PNG, HEIC or WebP"},
                    },
                },
            }
        },
    }
}

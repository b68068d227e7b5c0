"""Tokens, what a link may still be used for, and how far a case is in words for the customer. Pure but for the randomness."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

FORM, PROGRESS = "f_", "p_"
TOKEN_PATTERN: Final = r"^p_[A-Za-z0-9_-]{43}$"
SURVEY_OPEN: Final = timedelta(days=30)
PROGRESS_OPEN: Final = timedelta(days=90)
"""How long after the end of a case its page can still be read."""

LinkStatus = Literal["open", "expired", "revoked", "submitted"]
StepState = Literal["done", "current", "to_come"]
SurveyState = Literal["not_yet", "open", "answered", "over"]


def new_token(kind: str) -> str:
    """256 random bits; the prefix says what the link is for."""
    return kind + secrets.token_urlsafe(32)


def link_status(*, submitted_at: datetime | None, revoked_at: datetime | None, expires_at: datetime, now: datetime) -> LinkStatus:
    """What a link to the form is good for at `now`."""
    if submitted_at is not None:
        return "submitted"
    if revoked_at is not None:
        return "revoked"
    return "expired" if now >= expires_at else "open"


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


STEPS: Final = (
    Words("已收到申请", "Request received"),
    Words("核对与评估", "Checked and assessed"),
    Words("商定方案", "A solution is agreed"),
    Words("办理", "Carried out"),
    Words("办结", "Finished"),
)
# Nothing of who decides, what was found or what is paid: that is told in person.
_PLACE: Final[dict[str, tuple[int, Words]]] = {
    "draft": (0, Words("接待人员会尽快与您核对信息。", "The reception will go through your details with you soon.")),
    "assessing": (1, Words("我们正在了解情况并进行评估。", "We are looking into your matter.")),
    "solving": (2, Words("我们正在为您准备可选方案。", "We are preparing solutions for you to choose from.")),
    "offered": (2, Words("方案已备好，请与接待人员沟通。", "Solutions are ready; please talk to the reception.")),
    "approving": (3, Words("您选择的方案正在办理确认手续。", "The solution you chose is being confirmed.")),
    "executing": (3, Words("正在按商定的方案办理。", "What was agreed is being carried out.")),
    "closing": (4, Words("您的事项已办结，感谢您的耐心。", "Your matter is finished. Thank you for your patience.")),
    "archived": (4, Words("您的事项已办结，感谢您的耐心。", "Your matter is finished. Thank you for your patience.")),
    "cancelled": (
        0,
        Words("该申请已关闭。如有疑问，请联系接待人员。", "This request was closed. Please ask the reception."),
    ),
}


class Step(NamedTuple):
    """One step of the customer's page."""

    zh: str
    en: str
    state: StepState


def steps(status: str) -> list[Step]:
    """The way of a case with this status; of a closed request nothing is to come."""
    place, _ = _PLACE[status]
    finished = status in ("closing", "archived", "cancelled")

    def state(at: int) -> StepState:
        if at < place or (at == place and finished):
            return "done"
        return "current" if at == place else "to_come"

    return [Step(words.zh, words.en, state(at)) for at, words in enumerate(STEPS) if status != "cancelled" or at == 0]


def hint(status: str) -> Words:
    """What the customer may expect now."""
    return _PLACE[status][1]


def survey(outcome: str | None, ended_at: datetime | None, answered: bool, now: datetime) -> SurveyState:
    """Whether the customer may say how it was: from the end of the case for `SURVEY_OPEN`; a cancelled request has no outcome."""
    if answered:
        return "answered"
    if outcome is None or ended_at is None:
        return "not_yet"
    return "open" if now < ended_at + SURVEY_OPEN else "over"


def readable(ended_at: datetime | None, now: datetime) -> bool:
    """Whether the progress page still tells anything."""
    return ended_at is None or now < ended_at + PROGRESS_OPEN

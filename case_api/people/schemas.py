"""Bodies of people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from case_api.accounts.schemas import RoleOut
from case_api.schemas import FilledLine, In, Out, Reference
from models.people import Role, fold_username
from models.rules import broken_rule


def _username(name: str) -> str:
    folded = fold_username(name)
    if not folded or any(not (c.isalnum() or c in "._-") for c in folded) or len(folded) > 64:
        raise broken_rule("只能用文字、数字和 . _ -", "letters (Chinese ones too), digits, '.', '_' and '-' only")
    return folded


Username = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_username)]


class RoleIn(In):
    """One role to hold; site id null means every site."""

    role: Role
    site_id: Reference | None = None


class PersonCreate(In):
    """A new account; its one-time password is in the answer."""

    username: Username = Field(examples=["lijing"])
    display_name: FilledLine = Field(examples=["李静"])
    roles: list[RoleIn] = Field(default_factory=list, max_length=50)


class PersonChange(In):
    """What to change; absent fields stay."""

    display_name: FilledLine | None = None
    disabled: bool | None = None


class RolesChange(In):
    """The whole new list of roles."""

    roles: list[RoleIn] = Field(max_length=50)


class PersonOut(Out):
    """An account as an administrator sees it."""

    id: str
    username: str
    display_name: str
    roles: list[RoleOut]
    must_change_password: bool
    disabled_at: datetime | None
    locked_until: datetime | None
    created_at: datetime


class ColleagueOut(Out):
    """Somebody who works on the site's cases, as their colleagues see them."""

    id: str
    display_name: str = Field(examples=["李静"])
    roles: list[Role] = Field(description="Held at this site or everywhere", examples=[["receptionist"]])
    disabled: bool = Field(description="The account is closed: a name in older cases, nobody to give work to")


class PersonWithPassword(PersonOut):
    """An account with its one-time password, shown this once."""

    one_time_password: str

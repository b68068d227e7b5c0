"""Bodies of signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from case_api.accounts.passwords import MAX_LENGTH
from case_api.schemas import In, Out, printable

TypedName = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(printable)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]


class SignIn(In):
    """What a person types. The name is taken in any case and width."""

    username: TypedName = Field(examples=["lijing"])
    password: Password = Field(examples=["correct horse battery"])


class RoleOut(Out):
    """One role; site id null means every site."""

    role: str = Field(examples=["staff"])
    site_id: str | None


class Me(Out):
    """The person signed in."""

    id: str
    username: str
    display_name: str
    roles: list[RoleOut]
    permissions: list[str] = Field(description="Held at one site at least", examples=[["session:run"]])
    must_change_password: bool


class TokenOut(Out):
    """A sign-in. The token is shown this once."""

    token: str
    expires_at: datetime
    must_change_password: bool
    person: Me


class PasswordChange(In):
    """The old password again, and the new one."""

    old_password: Password
    new_password: Password

"""What a set of roles has to keep to. Pure: no database, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Grant = tuple[str, str | None]


def admins_are_everywhere(grants: Iterable[Grant]) -> bool:
    """An administrator of one site could reset the password of somebody with more rights, and become them."""
    return all(site is None for role, site in grants if role == "admin")


def leaves_an_admin(others: int, grants: Sequence[Grant], *, disabled: bool) -> bool:
    """Whether somebody can still administer: another enabled administrator, or this person after the change."""
    return others > 0 or (not disabled and ("admin", None) in grants)

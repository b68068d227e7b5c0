"""The door of the audio service. Who may enter is decided by the front door's one place for roles; this is what it has to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Admitted:
    """A staff member who may run a conversation at `site_id`, for `case_id` if one was named."""

    person_id: str
    display_name: str
    site_id: str
    case_id: str | None
    case_over: bool = False
    """The case is archived or cancelled: what runs of it goes on, nothing new begins."""


class Door(Protocol):
    """Raises AccessError: token_invalid, token_expired, role_forbidden (nowhere, or not at `site_id`), case_forbidden."""

    async def admit(self, token: str, case_id: str | None, site_id: str | None) -> Admitted: ...

    def notice(self, version: str) -> str:
        """The text the customer was shown; kept with the consent. Raises AccessError(consent_required) for a version there never was."""
        ...

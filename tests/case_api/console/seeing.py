"""A visit without a server: for what only needs words."""

from __future__ import annotations

from case_api.console.look import Language, Look
from case_api.console.rest import Rest
from case_api.console.visit import Visit
from case_api.security import Principal


async def nobody(scope: object, receive: object, send: object) -> None:
    """An application that nobody asks."""
    raise AssertionError("asked")


def visit_in(language: Language) -> Visit:
    """Somebody without a role who reads this language."""
    me = {"id": "p", "display_name": "张伟", "roles": []}
    return Visit(Rest(nobody, ""), Look(language), me, Principal("p", "张伟", "zhangwei", (), "", False), "/", {})

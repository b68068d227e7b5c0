"""Finds a route of the API by the first words of its address.

FastAPI asks the routes of every router one after the other, and asks again in each router on the way down: with some three hundred routes
that takes longer than most answers. What is not found here (another method, another address, a page, a socket) is looked for as ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_FOUND: Final = "calmdesk.route"
WORDS: Final = 2
"""`/v1/cases`: as many as are never a parameter."""


class Shortcut(BaseRoute):
    """Stands before the routes that it knows; of two that fit it takes the first, as they would."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._known: dict[tuple[str, str], list[RouteContext]] = defaultdict(list)
        for context in iter_route_contexts(list(routes)):
            if isinstance(context.original_route, APIRoute):
                for method in context.methods or ():
                    self._known[method, _beginning(context.path or "")].append(context)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """FULL or NONE: that a method is not allowed is told by the others."""
        if scope["type"] == "http":
            for context in self._known.get((scope["method"], _beginning(scope["path"])), ()):
                match, found = context.matches(scope)
                if match is Match.FULL:
                    return match, found | {"route": context.original_route, _FOUND: context}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to what was found."""
        await scope[_FOUND].app(scope, receive, send)


def _beginning(path: str) -> str:
    return "/".join(path.split("/", WORDS + 1)[: WORDS + 1])

"""The page: its tabs by what one may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request

from case_api.console.forms import done_banner
from case_api.console.learning import digest, effects, groups, hits, progress, ranking, terms, words
from case_api.console.learning.asking import PATH, kept
from case_api.console.pages import page
from case_api.console.parts import banner, div, el, link
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission

Tab = Callable[[Visit], Awaitable[None]]
READERS: Final = (Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
LEARNERS: Final = (Permission.LEARNING_READ,)
TABS: Final[dict[str, tuple[Tab, tuple[Permission, ...]]]] = {
    "words": (words.show, READERS),
    "hits": (hits.show, READERS),
    "terms": (terms.show, LEARNERS),
    "groups": (groups.show, LEARNERS),
    "effects": (effects.show, (Permission.LEARNING_READ, Permission.SESSION_READ_OWN)),
    "ranking": (ranking.show, LEARNERS),
    "progress": (progress.show, LEARNERS),
    "digest": (digest.show, LEARNERS),
}


@page(PATH, "nav.learning", *READERS, icon="learning")
async def learning(visit: Visit, request: Request) -> None:
    """One tab at a time; period and site go along from tab to tab."""
    open_to = [name for name, (_, any_of) in TABS.items() if visit.holds(*any_of)]
    view = visit.query.get("view", "")
    view = view if view in open_to else open_to[0]
    with div("page-head"):
        el("h1", visit.t("nav.learning"))
    done_banner(visit)
    with el("nav", "", "tabs", aria_label=visit.t("nav.learning")):
        for name in open_to:
            made = link(visit.t(f"learning.tab_{name}"), PATH, view=name, **kept(visit))
            if name == view:
                made.props["aria-current"] = "page"
    el("p", visit.t(f"learning.note_{view}"), "note")
    try:
        await TABS[view][0](visit)
    except Refused as refused:  # a period that is too long: the filters stay, to be mended
        if refused.signed_out:
            raise
        banner(visit.problem(refused), "bad")

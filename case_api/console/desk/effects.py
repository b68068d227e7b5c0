"""What a script achieves and how often it is used, beside it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from case_api.console.drawings import interval
from case_api.console.learning.effects import MEASURES, TONES
from case_api.console.parts import el, tag
from case_api.console.visit import Visit

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EffectAndUses:
    """Of one script; None where it was not shown."""

    effect: Row | None
    uses: Row | None

    def show(self, visit: Visit, changed: str | None) -> None:
        """`changed`: when its words became what they are."""
        if self.uses is None:
            el("p", visit.t("desk.never_shown"), "note")
            return
        el("p", visit.t("desk.shown", count=self.uses["shown"]), "strong")
        if self.uses["used"] is None:
            el("p", visit.t("desk.taps_few"), "note")
        else:
            el("p", visit.t("desk.taps", **{name: self.uses[name] for name in ("used", "helpful", "dismissed", "unhelpful")}), "note")
        show_effect(visit, self.effect)
        if changed:
            el("small", visit.t("desk.effect_mixed", at=visit.moment(changed)))


def show_effect(visit: Visit, subject: Row | None) -> None:
    """The customer's state after it, with its interval, or that there is not enough yet."""
    found = next((one for one in (subject or {"effects": []})["effects"] if one["measure"] == "score"), None)
    if found is None or found["mean"] is None:
        tag(visit.t("learning.not_enough_yet"))
        return
    tag(visit.both(found), TONES[found["verdict"]])
    interval(found["low"], found["mean"], found["high"], MEASURES["score"])
    basis = visit.t("learning.basis", moments=found["moments"], sessions=found["sessions"], staff=found["staff"])
    el("small", f"{found['mean']:+.2f} [{found['low']:+.2f}, {found['high']:+.2f}] · {basis}", "number")


async def all_effects(visit: Visit) -> tuple[dict[str, Row], dict[str, Row]]:
    """Effects and uses by script."""
    effects, uses = await asyncio.gather(visit.rest.get("learning/effects", by="script", horizon=30), visit.rest.get("learning/uses"))
    return {one["key"]: one for one in effects["items"]}, {one["script_id"]: one for one in uses["items"]}


async def effect_and_uses(visit: Visit, key: str) -> EffectAndUses:
    """Of one script."""
    effects, uses = await all_effects(visit)
    return EffectAndUses(effects.get(key), uses.get(key))

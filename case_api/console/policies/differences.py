"""What a version changes, as people read it."""

from __future__ import annotations

from typing import Any, Final, get_args

from case_api.console.fields import percent, yuan
from case_api.console.parts import el, table
from case_api.console.texts import TEXTS
from case_api.console.visit import Visit
from case_api.policies.rules import ContractStage

Row = dict[str, Any]
GROUPS: Final = ("task", "stage", "role", "deduction", "start", "mode", "rule")


def difference_table(visit: Visit, found: list[Row]) -> None:
    """Place, before, after."""
    with table([visit.t(f"rule.{head}") for head in ("place", "before", "after")], visit.t("rule.difference")):
        for one in found:
            path = one["path"].split(".")
            with el("tr"):
                el("td", place(visit, path))
                el("td", said(visit, path, one["before"]))
                el("td", said(visit, path, one["after"]), "strong")


def place(visit: Visit, path: list[str]) -> str:
    """`stages.0.min_bp` → 仅交定金，未网签 · 最低比例."""
    named: list[str] = []
    for number, part in enumerate(path):
        if part.isdigit():
            stages = get_args(ContractStage)
            counted = visit.t("rule.nth", number=int(part) + 1)
            named.append(visit.named("stage", stages[int(part)]) if path[number - 1] == "stages" and int(part) < len(stages) else counted)
        elif part not in ("limits", "stages"):
            named.append(_named(visit, part))
    return " · ".join(named)


def _named(visit: Visit, code: str) -> str:
    if code == "minutes":  # `rule.minutes` says so many of them
        return visit.t("rule.in_minutes")
    return next((visit.named(group, code) for group in GROUPS if f"{group}.{code}" in TEXTS), code)


def said(visit: Visit, path: list[str], value: Any) -> str:
    """One side of a difference; nothing there is a dash."""
    last = next((part for part in reversed(path) if not part.isdigit()), "")
    if value is None:
        return "—"
    if isinstance(value, dict):
        return visit.look.listed(
            f"{_named(visit, name)} {said(visit, [*path, name], part)}" for name, part in value.items() if part is not None
        )
    if isinstance(value, list):
        return visit.look.listed(said(visit, path, part) for part in value) or "—"
    if isinstance(value, bool):
        return visit.t("yes" if value else "no")
    if isinstance(value, int):
        return percent(value) if last.endswith("bp") else yuan(value) if last.endswith("fen") else str(value)
    return _named(visit, value)

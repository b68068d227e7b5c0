"""Each kind of rule as a form, and the form's answer as the rule. What a form does not ask for stays as it was. Pure but for the words."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final, get_args

from case_api.console.fields import Field
from case_api.console.parts import choices
from case_api.console.visit import Visit
from case_api.policies.rules import ApprovalMode, ApproverRole, Start

Row = dict[str, Any]
SEATS: Final = 3
"""Approvers that the form offers for one tier; a tier with more keeps them."""
DEDUCTIONS: Final = ("marketing_service_fee", "administrative_cost")


def fields_of(visit: Visit, content: Row) -> list[Field]:
    """The form of a rule, filled with what it says."""
    return _FIELDS[content["kind"]](visit, content)


def content_of(body: Row, before: Row) -> Row:
    """What a form says, on the ground of the rule it was filled with."""
    return _CONTENT[before["kind"]](body, deepcopy(before))


def _tiers(visit: Visit, content: Row) -> list[Field]:
    tiers, bands = content["tiers"], content["bands"]
    roles = choices(visit, "role", get_args(ApproverRole))
    keys = [(tier["key"], visit.both(tier)) for tier in tiers]
    made: list[Field] = []
    for number in range(len(tiers) + 1):
        tier = tiers[number] if number < len(tiers) else {}
        place = f"tiers.{number}"
        made.append(Field(place, "head", label="rule.tier_old" if tier else "rule.tier_new"))
        made += [Field(f"{place}.{name}", label=f"rule.name_{name}", value=tier.get(name)) for name in ("zh", "en")]
        made += [
            Field(f"{place}.seats.{seat}", "choice", label=f"rule.seat_{seat}", options=roles, value=_at(tier.get("approvers", []), seat))
            for seat in range(SEATS)
        ]
        modes = choices(visit, "mode", get_args(ApprovalMode))
        made.append(Field(f"{place}.mode", "choice", label="rule.mode", options=modes, value=tier.get("mode", "ordered"), required=True))
    made.append(Field("bands", "head", label="rule.bands"))
    for number in range(len(bands) + 1):
        band = bands[number] if number < len(bands) else {}
        made.append(Field(f"bands.{number}.up_to_fen", "yuan", label="rule.band_up_to", value=band.get("up_to_fen")))
        made.append(Field(f"bands.{number}.tier", "choice", label="rule.tier", options=keys, value=band.get("tier")))
    made.append(Field("others", "head", label="rule.others"))
    made += [
        Field(name, "choice", label=f"rule.{name}", options=keys, value=content[name], required=name != "spreading")
        for name in ("media", "litigation", "spreading")
    ]
    group = content["group"] or {}
    made.append(Field("group.from_people", "number", label="rule.group_people", value=group.get("from_people")))
    made.append(Field("group.tier", "choice", label="rule.group_tier", options=keys, value=group.get("tier")))
    return made


def _at(values: list[str], place: int) -> str | None:
    return values[place] if place < len(values) else None


def _tiers_said(body: Row, content: Row) -> Row:
    """A tier without a name is taken away, a new one gets a key; a band without a tier is taken away, and the open one comes last."""
    before, tiers = content["tiers"], []
    for number, given in _numbered(body.get("tiers")):
        if not given.get("zh"):
            continue
        old = before[number] if number < len(before) else {"key": _new_key(before), "approvers": []}
        seats = [*(role for _, role in _numbered(given.get("seats"))), *old["approvers"][SEATS:]]
        tiers.append(
            {"key": old["key"], "zh": given["zh"], "en": given.get("en") or given["zh"], "approvers": seats, "mode": given["mode"]}
        )
    bands = [{"up_to_fen": given.get("up_to_fen"), "tier": given["tier"]} for _, given in _numbered(body.get("bands")) if given.get("tier")]
    bands.sort(key=lambda band: (band["up_to_fen"] is None, band["up_to_fen"] or 0))
    group = body.get("group") or {}
    return content | {
        "tiers": tiers,
        "bands": bands,
        "media": body["media"],
        "litigation": body["litigation"],
        "spreading": body.get("spreading"),
        "group": group if group.get("tier") and group.get("from_people") else None,
    }


def _numbered(given: Row | None) -> list[tuple[int, Any]]:
    return sorted((int(place), value) for place, value in (given or {}).items())


def _new_key(tiers: list[Row]) -> str:
    taken = {tier["key"] for tier in tiers}
    return next(key for key in (f"tier_{number}" for number in range(len(taken) + 1, 99)) if key not in taken)


def _refund(visit: Visit, content: Row) -> list[Field]:
    made: list[Field] = []
    for rule in content["stages"]:
        stage = rule["stage"]
        made.append(Field(stage, "head", label=f"stage.{stage}"))
        if rule["judicial"]:
            made.append(Field(f"{stage}.max_bp", "percent", label="rule.judicial_max", value=rule["max_bp"], required=True))
            continue
        made += [
            Field(f"{stage}.{name}", "percent", label=f"rule.{name}", value=rule[name], required=True) for name in ("min_bp", "max_bp")
        ]
        held = {one["key"]: one for one in rule["deductions"]}
        for key in DEDUCTIONS:
            one = held.get(key, {})
            made.append(Field(f"{stage}.{key}.fen", "yuan", label=f"rule.{key}_fen", value=one.get("fen")))
            made.append(Field(f"{stage}.{key}.bp", "percent", label=f"rule.{key}_bp", value=one.get("bp")))
    return made


def _refund_said(body: Row, content: Row) -> Row:
    for rule in content["stages"]:
        given = body.get(rule["stage"]) or {}
        rule |= {name: given[name] for name in ("min_bp", "max_bp") if name in given}
        if not rule["judicial"]:
            rule["deductions"] = [
                {"key": key, "bp": given[key].get("bp"), "fen": given[key].get("fen")} for key in DEDUCTIONS if given.get(key)
            ]
    return content


def _deadlines(visit: Visit, content: Row) -> list[Field]:
    starts = choices(visit, "start", get_args(Start))
    made: list[Field] = []
    for kind, limit in content["limits"].items():
        made.append(Field(f"{kind}.minutes", "number", label=f"task.{kind}", value=limit["minutes"], required=True, help="rule.in_minutes"))
        made.append(Field(f"{kind}.start", "choice", label="rule.from", options=starts, value=limit["start"], required=True))
    return made


def _deadlines_said(body: Row, content: Row) -> Row:
    limits = {kind: {"minutes": body[kind]["minutes"], "start": body[kind]["start"]} for kind in content["limits"]}
    return content | {"limits": limits}


_FIELDS: Final[dict[str, Callable[[Visit, Row], list[Field]]]] = {"tiers": _tiers, "refund": _refund, "deadlines": _deadlines}
_CONTENT: Final[dict[str, Callable[[Row, Row], Row]]] = {"tiers": _tiers_said, "refund": _refund_said, "deadlines": _deadlines_said}

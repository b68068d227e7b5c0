"""What the list and the page of one acknowledgement share: who it is about, and the form that asks for them."""

from __future__ import annotations

from typing import Any, Final

from case_api.console.fields import Field, Mistyped
from case_api.console.visit import Visit

Row = dict[str, Any]
API: Final = "co-resident-acknowledgements"
TONES: Final = {"draft": "warn", "signed": "good", "withdrawn": ""}
PARTS: Final = ("pays", "decides", "lives")
PEOPLE_MAX: Final = 12
ROWS_MIN: Final = 3
_PEOPLE: Final = Field("people", label="acks.people")


def title_of(ack: Row) -> str:
    """How the customer is called, and the unit."""
    return f"{ack['customer_label'] or ack['customer_reference']} {ack['unit_reference']}".strip()


async def acknowledged(visit: Visit, site_id: str, customer_reference: str | None, unit_reference: str | None) -> str:
    """When this customer's co-residents signed, or that they have not; nothing where neither number nor unit is known."""
    asked = {"customer_reference": customer_reference, "unit_reference": unit_reference}
    if not any(asked.values()):
        return ""
    found = await visit.rest.get(f"{API}/check", site_id=site_id, **asked)
    return visit.moment(found["signed_at"]) if found["acknowledged"] else visit.t("acks.not_signed")


def people_fields(visit: Visit, held: list[Row]) -> list[Field]:
    """Questions for each person: those who are named, and two more."""
    options = [(part, visit.t(f"acks.{part}")) for part in (*PARTS, "child")]
    rows = [*held, *[None] * PEOPLE_MAX][: min(max(ROWS_MIN, len(held) + 2), PEOPLE_MAX)]
    return [field for number, person in enumerate(rows) for field in _person(visit, number, person, options)]


def _person(visit: Visit, number: int, person: Row | None, options: list[tuple[str, str]]) -> tuple[Field, ...]:
    held = person or {"name": None, "relation": None}
    ticked = [part for part in PARTS if held.get(part)] + (["child"] if person and not person["signs"] else [])
    place = f"people.{number}"
    return (
        Field(place, "head", label="acks.person"),
        Field(f"{place}.name", label="acks.name", required=number == 0, value=held["name"]),
        Field(f"{place}.relation", label="acks.relation", value=held["relation"]),
        Field(f"{place}.is", "many", label="acks.is", options=options, value=ticked),
    )


def taken(body: Row) -> list[Row]:
    """The people as the API asks for them; rows without a name are nobody. Raises Mistyped."""
    rows = [row for row in body.pop("people").values() if row.get("name")]
    people = [
        {"name": row["name"], "relation": row.get("relation", ""), "signs": "child" not in row["is"]}
        | {part: part in row["is"] for part in PARTS}
        for row in rows
    ]
    for part in PARTS:
        if not any(person[part] for person in people):
            raise Mistyped(_PEOPLE, f"typed.nobody_{part}")
    if any((person["pays"] or person["decides"]) and not person["signs"] for person in people):
        raise Mistyped(_PEOPLE, "typed.child")
    if len({person["name"] for person in people}) < len(people):
        raise Mistyped(_PEOPLE, "typed.same_name")
    return people

"""Forms of acknowledgements and comparisons: sent back untouched they say the same; what contradicts itself is not sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from case_api.co_residents.schemas import AckChange
from case_api.competitors.schemas import ComparisonIn
from case_api.competitors.service import side_by_side
from case_api.console.co_residents.view import people_fields, taken
from case_api.console.competitors.one import compared, item_fields
from case_api.console.fields import Field, Mistyped, body, typed
from tests.case_api.console.seeing import visit_in

ITEMS: list[dict[str, Any]] = [
    {"item": "price", "theirs_fen": 248_000_050, "ours_fen": 260_000_000, "note": "同户型"},
    {"item": "delivery_date", "theirs_on": "2027-12-31", "ours_on": "2027-06-30"},
    {"item": "other", "theirs": "送车位", "ours": "无", "better": "unclear"},
    {"item": "other", "theirs": "有会所", "ours": "无", "better": "theirs"},
]
PEOPLE: list[dict[str, Any]] = [
    {"name": "王小明", "relation": "本人", "pays": True, "decides": True, "lives": False, "signs": True},
    {"name": "王小宝", "relation": "", "pays": False, "decides": False, "lives": True, "signs": False},
]


def untouched(fields: Sequence[Field], **changed: Any) -> dict[str, Any]:
    """The form as a browser sends it back, some of it changed."""
    given = {field.name: list(field.value) if field.kind == "many" else typed(field) for field in fields if field.kind != "head"}
    return body(fields, given | changed)


def test_a_comparison_that_nobody_touched_is_the_same() -> None:
    asked = ComparisonIn.model_validate({"items": ITEMS, "matchable": "no", "judgement": "无法匹配"})
    kept = [side_by_side(item).model_dump(mode="json") for item in asked.items]
    fields = item_fields(visit_in("zh"), kept)
    again = compared(untouched(fields)["items"])
    assert ComparisonIn.model_validate({"items": again, "matchable": "no", "judgement": "无法匹配"}) == asked
    with pytest.raises(Mistyped, match="both_sides"):
        compared(untouched(fields, **{"items.0-price.ours": ""})["items"])
    with pytest.raises(Mistyped, match="required"):
        compared({})


def test_people_that_nobody_touched_are_the_same() -> None:
    fields = people_fields(visit_in("zh"), PEOPLE)
    assert taken(untouched(fields)) == PEOPLE
    AckChange.model_validate({"people": PEOPLE})
    for changed, refusal in (
        ({"people.1.is": ["child"]}, "nobody_lives"),
        ({"people.0.is": ["decides"]}, "nobody_pays"),
        ({"people.0.is": ["pays"]}, "nobody_decides"),
        ({"people.1.is": ["pays", "lives", "child"]}, "typed.child"),
        ({"people.1.name": "王小明"}, "same_name"),
    ):
        with pytest.raises(Mistyped, match=refusal):
            taken(untouched(fields, **changed))

"""Rules of early warnings as a form: what is shown and sent back untouched is the same rule set."""

from __future__ import annotations

from typing import Any

import pytest

from case_api.console.fields import body, typed
from case_api.console.warnings.rules import NUMBERS, SHIPPED, drafted, fields_of, trial
from case_api.early_warning.rule_sets.rules import RuleSet
from tests.case_api.console.seeing import visit_in

CONTENT = RuleSet().model_dump(mode="json") | {"visits": None}


def answered(content: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The form as a browser sends it back, some of it changed."""
    fields = fields_of(visit_in("zh"), content, SHIPPED)
    given: dict[str, Any] = {}
    for field in fields:
        if field.kind == "yes":
            given |= {field.name: "yes"} if field.value else {}
        elif field.kind == "many":
            given[field.name] = list(field.value)
        elif field.kind != "head":
            given[field.name] = typed(field)
    return body(fields, given | changed)


def test_a_form_that_nobody_touched_is_the_same_rule_set() -> None:
    made = drafted(answered(CONTENT), CONTENT)
    assert RuleSet.model_validate(made) == RuleSet.model_validate(CONTENT)
    assert set(NUMBERS) == set(RuleSet.model_fields) - {"clock"}


def test_what_is_changed_is_sent_and_the_rest_stays() -> None:
    content = CONTENT | {"clock": CONTENT["clock"] | {"remind_at_bp": [2_500, 7_500]}}
    given = answered(content, **{"policy_queries.count": "2", "visits.on": "yes", "visits.drop_bp": "60", "clock.yellow": "300"})
    made = RuleSet.model_validate(drafted(given, content))
    assert made.model_dump()["policy_queries"] | {"points": 0} == {"count": 2, "days": 30, "points": 0}
    assert made.model_dump()["visits"] == SHIPPED["visits"] | {"drop_bp": 6_000}
    assert (made.clock.yellow, made.clock.orange, made.clock.remind_at_bp) == (300, 120, [2_500, 7_500])


def test_days_of_a_trial_begin_at_midnight_of_the_sales_office() -> None:
    asked = trial({"site_id": "s", "since": "2026-05-01", "until": "2026-11-01", "horizon_days": "30", "rule_set_id": ""})
    assert asked == {
        "site_id": "s",
        "horizon_days": 30,
        "since": "2026-05-01T00:00:00+08:00",
        "until": "2026-11-01T00:00:00+08:00",
    }
    with pytest.raises(ValueError, match="isoformat"):
        trial({"site_id": "s", "since": "", "until": "2026-11-01", "horizon_days": "30"})

"""Who decides and what follows: the rules alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.approvals.rules import AUTHORITY, DECIDED, Lent, Required, Standing, at_opening, consequence, ended, standing, steps

ROLES = ("site_manager", "city_gm", "hq_risk", "legal", "finance")
PEOPLE = ("甲", "乙", "丙", "丁")
DECISIONS = st.sampled_from(sorted(DECIDED))


def held(*roles: str):  # type: ignore[no-untyped-def]
    return lambda role: role in roles


@pytest.mark.parametrize(
    ("approvers", "roles", "expected"),
    [
        (["site_manager"], ROLES, [("site_manager", "site_manager")]),
        (["site_manager"], ["city_gm"], [("site_manager", "city_gm")]),
        (["site_manager", "city_gm"], ["city_gm"], [("city_gm", "city_gm")]),
        (["site_manager", "city_gm"], ["hq_risk"], [("site_manager", "hq_risk")]),
        (["site_manager", "legal"], ["city_gm"], [("site_manager", "city_gm"), ("legal", "legal")]),
        (["site_manager"], [], [("site_manager", "site_manager")]),
        (["hq_risk"], ["site_manager", "city_gm"], [("hq_risk", "hq_risk")]),
        (["city_gm", "city_gm"], ROLES, [("city_gm", "city_gm")]),
    ],
)
def test_the_next_authority_decides_where_nobody_else_could(
    approvers: list[str], roles: list[str], expected: list[tuple[str, str]]
) -> None:
    assert steps(approvers, held(*roles)) == [Required(*pair) for pair in expected]


@given(st.lists(st.sampled_from(ROLES), min_size=1), st.sets(st.sampled_from(ROLES)))
def test_authority_is_never_lowered_and_no_role_is_asked_twice(approvers: list[str], roles: set[str]) -> None:
    made = steps(approvers, held(*roles))
    assert made
    assert len({step.role for step in made}) == len(made)
    for step in made:
        if step.role != step.required_role:
            assert AUTHORITY.index(step.role) > AUTHORITY.index(step.required_role)
            assert step.role in roles
    highest = max((AUTHORITY.index(role) for role in approvers if role in AUTHORITY), default=-1)
    assert max((AUTHORITY.index(step.role) for step in made if step.role in AUTHORITY), default=-1) >= highest
    assert {role for role in approvers if role not in AUTHORITY} == {step.role for step in made if step.role not in AUTHORITY}


@given(st.sampled_from(["ordered", "parallel"]), st.integers(1, 6), st.data())
def test_a_round_ends_approved_only_by_all(mode: str, count: int, data: st.DataObject) -> None:
    statuses, status = at_opening(mode, count), "open"
    while status == "open":
        pending = [n for n, one in enumerate(statuses) if one == "pending"]
        assert pending, "an open round always waits for somebody"
        assert mode == "parallel" or (len(pending) == 1 and set(statuses[: pending[0]]) <= {"approved"})
        decision = data.draw(DECISIONS)
        status, statuses = consequence(statuses, data.draw(st.sampled_from(pending)), decision)
        assert status == ("open" if decision == "approve" and set(statuses) & {"pending", "waiting"} else DECIDED[decision])
    assert (status == "approved") == (set(statuses) == {"approved"})
    assert not set(statuses) & {"pending", "waiting"}


@given(st.lists(st.sampled_from(["waiting", "approved", "returned", "rejected", "void"]), min_size=1), st.data(), DECISIONS)
def test_only_what_is_pending_is_decided(statuses: list[str], data: st.DataObject, decision: str) -> None:
    with pytest.raises(ValueError):
        consequence(statuses, data.draw(st.integers(0, len(statuses) - 1)), decision)  # type: ignore[arg-type]


def test_what_was_decided_stands_when_a_round_ends_early() -> None:
    assert ended(["approved", "pending", "waiting"]) == ["approved", "void", "void"]


@given(st.booleans(), st.lists(st.sampled_from(PEOPLE[1:]), unique=True), st.frozensets(st.sampled_from(PEOPLE)))
def test_nobody_acts_twice_in_their_own_name_or_anothers(holds: bool, delegators: list[str], acted: frozenset[str]) -> None:
    lent = [Lent(f"d-{person}", person) for person in delegators]
    found = standing("甲", holds, lent, acted)
    if isinstance(found, Standing):
        named = {"甲"} | ({found.lent.from_person} if found.lent else set())
        assert not named & acted
        assert (found.lent is None) == holds
    elif found == "four_eyes":
        assert "甲" in acted or (not holds and set(delegators) <= acted)
    else:
        assert not holds
        assert not lent

"""Which script, and whether any: approval, fit, freshness, feedback, budget; the same in every replay."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_library import Cause, Kind, Library, Moment, PromptBudget, PromptPolicy, Ranker, Shown, Situation
from scripts_library.ranking import ON_SCREEN, Verdict
from scripts_library.records import LEVELS

POLICY = PromptPolicy()
OUTBURST = Situation(Kind.CALMING, Moment.FIRST_OUTBURST, level="agitated")


@pytest.fixture(scope="module")
def ranker(library: Library) -> Ranker:
    return Ranker(library, POLICY)


def test_best_and_two_alternatives_for_the_moment(ranker: Ranker) -> None:
    choice = ranker.choose(OUTBURST, 60.0, [])
    assert choice is not None
    assert len(choice.alternatives) == ON_SCREEN - 1
    assert {script.situation for script in (choice.script, *choice.alternatives)} == {Moment.FIRST_OUTBURST}


def test_what_was_just_said_is_not_said_again(ranker: Ranker) -> None:
    history: list[Shown] = []
    for number in range(8):
        choice = ranker.choose(OUTBURST, 60.0 + number, history)
        assert choice is not None
        assert choice.script.id not in {one.script_id for one in history}
        history.append(Shown(choice.script.id, Kind.CALMING, 60.0 + number))


def test_after_a_while_it_may_be_said_again_but_others_go_first(ranker: Ranker) -> None:
    first = ranker.choose(OUTBURST, 0.0, [])
    assert first is not None
    later = ranker.choose(OUTBURST, POLICY.repeat_after, [Shown(first.script.id, Kind.CALMING, 0.0)])
    assert later is not None
    assert later.script.id != first.script.id


@pytest.mark.parametrize(("verdict", "better"), [("used", True), ("helpful", True), ("dismissed", False), ("unhelpful", False)])
def test_feedback_moves_a_script_up_or_down(ranker: Ranker, verdict: Verdict, better: bool) -> None:
    now = 10 * POLICY.repeat_after
    first = ranker.choose(OUTBURST, now, [])
    assert first is not None
    plain, judged = (ranker.choose(OUTBURST, now, [Shown(first.script.id, Kind.CALMING, 0.0, given)]) for given in (None, verdict))
    assert plain is not None
    assert judged is not None
    assert (judged.script.id == first.script.id) is better
    assert plain.script.id != first.script.id


def test_a_script_for_a_cause_waits_until_the_cause_was_heard(ranker: Ranker) -> None:
    topic = Situation(Kind.GUIDANCE, Moment.CAUSE_HEARD, causes={Cause.FAMILY: 2.0, Cause.DELAY: 1.0})
    choice = ranker.choose(topic, 10.0, [])
    assert choice is not None
    assert {script.cause for script in (choice.script, *choice.alternatives)} == {Cause.FAMILY}
    assert ranker.choose(Situation(Kind.GUIDANCE, Moment.CAUSE_HEARD), 10.0, []) is None


def test_level_and_kind_must_fit(ranker: Ranker) -> None:
    assert ranker.choose(Situation(Kind.CALMING, Moment.FIRST_OUTBURST, level="calm"), 10.0, []) is None
    assert ranker.choose(Situation(Kind.WORDING, Moment.SILENCE), 10.0, []) is None


def test_scripts_a_wording_rule_names_go_first(ranker: Ranker) -> None:
    situation = Situation(Kind.WORDING, Moment.STAFF_WORDING, speaker="staff", preferred=("withdraw-options", "say-options"))
    choice = ranker.choose(situation, 10.0, [])
    assert choice is not None
    assert {choice.script.id, choice.alternatives[0].id} == {"withdraw-options", "say-options"}


def test_a_moment_without_fresh_scripts_of_its_own_falls_back(ranker: Ranker, library: Library) -> None:
    own = [script for script in library.approved if script.situation is Moment.THREAT_MEDIA]
    threat = Situation(Kind.CALMING, Moment.THREAT_MEDIA, level="agitated")
    choice = ranker.choose(threat, 10.0, [Shown(script.id, Kind.CALMING, 5.0) for script in own])
    assert choice is not None
    assert choice.script.situation in (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST)


def test_no_approved_script_no_choice(ranker: Ranker, library: Library) -> None:
    everything = [Shown(script.id, script.kind, 9.0) for script in library.approved]
    assert ranker.choose(OUTBURST, 10.0, everything) is None


def _shown(library: Library) -> st.SearchStrategy[Shown]:
    verdicts = st.sampled_from([None, "used", "dismissed", "helpful", "unhelpful"])
    return st.builds(Shown, st.sampled_from(sorted(library.scripts)), st.sampled_from(Kind), st.floats(0, 3600), verdicts)


@settings(deadline=None)
@given(data=st.data())
def test_for_any_situation_only_approved_distinct_scripts_and_the_same_each_time(library: Library, data: st.DataObject) -> None:
    situation = data.draw(
        st.builds(
            Situation,
            st.sampled_from(Kind),
            st.sampled_from(Moment),
            st.sampled_from(LEVELS),
            st.dictionaries(st.sampled_from(Cause), st.floats(0, 5)),
            preferred=st.lists(st.sampled_from(["pending-benefit", "say-feel", "gone"]), max_size=2),
        )
    )
    history, now = data.draw(st.lists(_shown(library), max_size=12)), data.draw(st.floats(0, 7200))
    ranker = Ranker(library, POLICY)
    choice = ranker.choose(situation, now, history)
    assert ranker.choose(situation, now, list(reversed(history))) == choice
    if choice is not None:
        shown = [choice.script, *choice.alternatives]
        assert len({script.id for script in shown}) == len(shown) <= ON_SCREEN
        assert all(script.approved for script in shown)


def test_budget_says_why_not() -> None:
    budget = PromptBudget(PromptPolicy(session_cap=2, cool_down={Kind.CALMING: 45.0}, any_gap=8.0))
    one = [Shown("a", Kind.CALMING, 100.0)]
    assert budget.refusal(Kind.CALMING, 0.0, []) is None
    assert budget.refusal(Kind.GUIDANCE, 107.9, one) == "too_close"
    assert budget.refusal(Kind.GUIDANCE, 108.0, one) is None
    assert budget.refusal(Kind.CALMING, 144.9, one) == "cool_down"
    assert budget.refusal(Kind.CALMING, 145.0, one) is None
    assert budget.refusal(Kind.CALMING, 999.0, [*one, Shown("b", Kind.GUIDANCE, 200.0)]) == "session_cap"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Kind), st.floats(0, 30)), max_size=120))
def test_budget_is_never_exceeded(asked: list[tuple[Kind, float]]) -> None:
    policy = PromptPolicy(session_cap=12)
    budget = PromptBudget(policy)
    history: list[Shown] = []
    now = 0.0
    for kind, step in asked:
        now += step
        if budget.refusal(kind, now, history) is None:
            history.append(Shown("a", kind, now))
    assert len(history) <= policy.session_cap
    assert all(after.at - before.at >= policy.any_gap for before, after in itertools.pairwise(history))
    for kind in Kind:
        times = [one.at for one in history if one.kind is kind]
        assert all(after - before >= policy.cool_down[kind] for before, after in itertools.pairwise(times))

"""Whether a script works: planted truths are covered, too little is not told, and ranking follows between its floors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import norm

from scripts_library.learned import CAP, Plan, Worth, is_urgent
from scripts_library.library import Library
from scripts_library.mining.effects import Design, Effect, Verdict, among_many, between, effect, worths
from scripts_library.mining.synthetic import moments
from scripts_library.mining.tracks import Moment as Heard
from scripts_library.mining.tracks import Track, is_fresh, measure, unprompted
from scripts_library.ranking import PromptPolicy, Ranker, Situation
from scripts_library.records import Kind, Moment

TRUTH = {"good": -0.6, "useless": 0.0, "harmful": 0.5}


def estimated(found: list[Heard], script: str, design: Design) -> object:
    shown = [one for one in found if one.script_id == script and one.shown]
    without = [one for one in found if not one.shown and (design == "matched" or one.script_id == script)]
    return effect(shown, without, 30, "score", design)


@pytest.mark.parametrize("design", ["matched", "randomised"])
def test_intervals_cover_what_was_planted(design: Design) -> None:
    rounds, covered, works, raised = 12, dict.fromkeys(TRUTH, 0), 0, 0
    for seed in range(rounds):
        found = moments(TRUTH, 90, 400, randomised=design == "randomised", seed=seed)
        for script, truth in TRUTH.items():
            one = estimated(found, script, design)
            covered[script] += one.low <= truth <= one.high  # type: ignore[attr-defined]
            works += script == "good" and one.verdict == "works"  # type: ignore[attr-defined]
            raised += script == "useless" and one.verdict == "works"  # type: ignore[attr-defined]
    assert min(covered.values()) >= 10
    assert works == rounds
    assert raised <= 2


def test_without_matching_the_useless_script_would_seem_to_work() -> None:
    found = moments({"useless": 0.0}, 300, 300)
    plain = np.mean([one.after[30][0] for one in found if one.shown]) - np.mean([one.after[30][0] for one in found if not one.shown])
    assert plain < -0.2


@pytest.mark.parametrize(("each", "people"), [(12, 3), (90, 13)])
def test_too_little_is_not_told(each: int, people: int) -> None:
    found = moments({"good": -0.6}, each, 200)
    one = effect([m for m in found if m.shown], [m for m in found if not m.shown], 30, "score", "matched", fewest_staff=people)
    assert (one.verdict, one.mean, one.low) == ("not_enough", None, None)


def test_among_many_scripts_those_that_only_seem_to_work_are_said_to_be_chance() -> None:
    """Forty that do nothing and six that work: by themselves some of the forty seem to, among so many hardly one."""
    source = np.random.default_rng(8)
    means = [*source.normal(-0.9, 0.15, 6), *source.normal(0, 0.15, 40), 0.9]
    verdict: dict[bool, Verdict] = {True: "works", False: "unclear"}
    alone = [
        Effect("score", 30, "matched", 40, 20, 5, mean, mean - 0.3, mean + 0.3, verdict[mean < -0.3], float(2 * norm.sf(abs(mean) / 0.15)))
        for mean in means
    ]
    alone[-1] = replace(alone[-1], verdict="harms", p=0.04)
    told = among_many([*alone, Effect("score", 30, "matched", 2, 2, 1, None, None, None, "not_enough")])
    assert "works" in {one.verdict for one in alone[6:]}, "or the test would show nothing"
    assert [one.verdict for one in told[:6]] == ["works"] * 6
    assert {one.verdict for one in told[6:46]} == {"unclear", "chance"}
    assert [one.verdict for one in told[46:]] == ["harms", "not_enough"], "to miss harm costs more"
    assert [one.mean for one in told[:47]] == [one.mean for one in alone]
    assert among_many([]) == []


def of_people(real: float, seed: int) -> tuple[list[Effect], float]:
    """Eight people's measured effects, and how far apart their quartiles are as measured. Their errors alone make .2 of spread."""
    source = np.random.default_rng(seed)
    means = source.normal(-0.4, real, 8) + source.normal(0, 0.2, 8)
    made = [Effect("score", 30, "matched", 40, 20, 1, mean, mean - 0.392, mean + 0.392, "unclear") for mean in means.tolist()]
    return made, float(np.diff(np.quantile(means, [0.25, 0.75]))[0])


def test_people_who_do_alike_are_not_told_apart_by_chance_and_others_are() -> None:
    alike, apart = ([(between(made), raw) for made, raw in (of_people(real, seed) for seed in range(60))] for real in (0.0, 0.6))
    assert np.median([high - low for (low, _, high), _ in alike]) < 0.1 < 0.2 < np.median([raw for _, raw in alike])
    assert np.median([(high - low) / raw for (low, _, high), raw in apart]) > 0.8
    assert all(low <= median <= high for (low, median, high), _ in [*alike, *apart])


def test_beliefs_follow_effects_and_doubt_draws_them_to_nothing() -> None:
    found = moments(TRUTH, 120, 400, seed=1)
    known = {script: estimated(found, script, "matched") for script in TRUTH}
    believed = worths(known)  # type: ignore[arg-type]
    assert believed["good"].mean > 0.3 > abs(believed["useless"].mean)
    assert believed["harmful"].mean + 1.64 * believed["harmful"].sd < 0, "known to do harm, beyond the doubt about matching too"
    assert believed["good"].mean < -(known["good"].mean)  # type: ignore[attr-defined]
    assert worths({}) == {}


def rivals() -> tuple[Library, Situation, list[str]]:
    """Scripts that are equal but for what is learned of them."""
    library = Library.load()
    situation = Situation(Kind.GUIDANCE, Moment.DEPOSIT_QUESTION, "calm")
    ranker = Ranker(library, PromptPolicy())
    choice = ranker.choose(situation, 0.0, [])
    assert choice is not None
    return library, situation, [choice.script.id, *(one.id for one in choice.alternatives)]


def test_the_good_script_is_promoted_and_the_useless_one_is_not() -> None:
    library, situation, (first, second, third) = rivals()
    found = moments({first: 0.0, second: -0.6, third: 0.5}, 90, 400, seed=2)
    believed = worths({name: estimated(found, name, "matched") for name in (first, second, third)})  # type: ignore[arg-type, misc]
    chosen = [
        Ranker(library, PromptPolicy(), Plan(f"session{n}", version="v", worths=believed)).choose(situation, 0.0, [], "w0")
        for n in range(300)
    ]
    names = [one.script.id for one in chosen if one is not None]
    assert names.count(second) > 270
    assert names.count(first) < 15
    assert names.count(third) == 0


def test_a_conversation_draws_the_same_again() -> None:
    library, situation, names = rivals()
    plan = Plan("s1", version="v", worths=dict.fromkeys(names, Worth(0.0, 0.5, 30)))
    choices = [Ranker(library, PromptPolicy(), plan).choose(situation, 0.0, [], prompt) for prompt in ("w0", "w1", "w0")]
    assert choices[0] == choices[2]
    assert choices[0] is not None
    assert choices[0].draw is not None


def test_nothing_learned_changes_nothing() -> None:
    library, situation, names = rivals()
    choice = Ranker(library, PromptPolicy(), Plan("s1")).choose(situation, 0.0, [], "w0")
    assert choice is not None
    assert (choice.script.id, choice.draw) == (names[0], None)


@given(st.text(max_size=8), st.floats(-3, 3), st.floats(0.01, 2), st.booleans())
def test_what_is_learned_moves_a_script_by_no_more_than_the_cap(session: str, mean: float, sd: float, urgent: bool) -> None:
    plan = Plan(session, version="v", worths={"a": Worth(mean, sd, 9)})
    draw = plan.draw("a", "w0", urgent=urgent)
    assert draw is not None
    assert -CAP <= draw.points <= CAP
    assert not urgent or draw.drawn == round(mean, 4)
    assert mean + 1.64 * sd >= 0 or draw.points == -CAP


@given(st.text(max_size=8), st.sampled_from(list(Moment)), st.sampled_from(["calm", "rising", "agitated"]), st.integers(0, 2000))
def test_nothing_urgent_is_ever_withheld(session: str, moment: Moment, level: str, share: int) -> None:
    plan = Plan(session, holdout_bp=share)
    urgent = is_urgent(moment, level)
    held = [plan.withholds(f"w{n}", urgent=urgent) for n in range(40)]
    assert not any(held) or (share > 0 and not urgent)
    assert held == [plan.withholds(f"w{n}", urgent=urgent) for n in range(40)]


@pytest.mark.parametrize("share", [0, 500, 1000, 2000])
def test_the_share_that_is_withheld_is_what_was_agreed(share: int) -> None:
    """Of 40 000 names, at a conversation's beginning and later in it: within four standard deviations of the share."""
    for prompts in (("v0", "w0"), ("v3", "w7")):
        held = sum(Plan(f"s{n}", holdout_bp=share).withholds(prompt, urgent=False) for n in range(20_000) for prompt in prompts)
        assert abs(held - 40_000 * share / 10_000) <= 4 * (40_000 * share / 10_000 * (1 - share / 10_000)) ** 0.5


def test_sites_that_withhold_different_shares_are_compared_each_within_itself() -> None:
    """A site whose customers stay angrier anyway withholds more: taken together its withheld prompts would speak for the script."""
    pools = [moments({"useless": 0.0}, 120, 40, randomised=True, seed=3), moments({"useless": 0.0}, 60, 120, randomised=True, seed=4)]
    calm, angry = pools
    angrier = [replace(one, session_id=f"b{one.session_id}", lot=2000, after={h: v + 0.8 for h, v in one.after.items()}) for one in angry]
    estimate = estimated([*calm, *angrier], "useless", "randomised")
    assert estimate.low <= 0.0 <= estimate.high  # type: ignore[attr-defined]
    together = [replace(one, lot=1000) for one in [*calm, *angrier]]
    assert estimated(together, "useless", "randomised").verdict == "works"  # type: ignore[attr-defined]


def test_only_prompts_that_were_in_the_lot_are_compared_by_lot() -> None:
    found = moments({"useless": 0.0}, 90, 90, randomised=True, seed=5)
    urgent = [replace(one, lot=0, after={h: v + 3.0 for h, v in one.after.items()}) for one in moments({"useless": 0.0}, 200, 0, seed=6)]
    assert estimated([*found, *urgent], "useless", "randomised") == estimated(found, "useless", "randomised")


def test_a_moment_is_measured_from_the_customers_own_speech() -> None:
    n = 1140
    score = np.where(np.arange(n) < 600, 2.0, 0.5)
    customer = np.where(np.arange(n) % 20 < 10, 1.0, 0.0)
    loud = np.where(customer > 0.5, score, 99.0)  # what staff say is not counted
    track = Track(0.1, customer, loud, loud + 3, loud + 60)
    one = measure(track, 60.0, "s", "p", script_id="a", shown=True)
    assert one.before[:3] == pytest.approx([2.0, 5.0, 62.0])
    assert one.after[30] == pytest.approx([-1.5, -1.5, -1.5])
    assert np.isnan(one.after[60]).all()  # the conversation was over
    assert 36.0 in unprompted(track, [60.0]), "what is to come rules no moment out"
    assert not any(60 <= at < 60 + 75 for at in unprompted(track, [60.0]))
    assert unprompted(track, [])


def conversation(source: np.random.Generator, change: float) -> tuple[Track, list[float]]:
    """Twenty minutes of a state that wanders, prompted whenever it is high: each prompt moves it by `change` for a minute."""
    n, step = 12_000, 0.1
    slow = lfilter([1.0], [1.0, -0.998], source.normal(0, 0.03, n))
    state = 1.0 + slow + lfilter([1.0], [1.0, -0.97], source.normal(0, 0.12, n) + 0.03 * slow)
    prompts: list[float] = []
    since = 300
    while True:
        lately = np.convolve(state, np.full(50, 1 / 50))[:n] > 2.4
        high = np.flatnonzero(lately[since:])
        if not len(high):
            break
        at = since + int(high[0])
        state[at : at + 600] += change * np.minimum(np.arange(len(state[at : at + 600])) / 50, 1.0)
        prompts.append(at * step)
        since = at + 450
    turns = np.repeat(np.arange(n) % 2 == 0, source.integers(20, 60, n))[:n]
    score = np.where(turns, state, np.nan)
    return Track(step, turns.astype(float), score, 4 + 0.3 * score, score - 30), prompts


@pytest.mark.parametrize(("change", "verdicts"), [(0.0, {"unclear", "no_difference"}), (1.0, {"harms"}), (-1.5, {"works"})])
def test_prompts_that_come_at_the_worst_moments_are_told_for_what_they_change(change: float, verdicts: set[str]) -> None:
    source = np.random.default_rng(2)
    treated: list[Heard] = []
    controls: list[Heard] = []
    for number in range(150):
        track, prompts = conversation(source, change)
        of = (str(number), str(number % 7))
        treated += [measure(track, at, *of, script_id="a", shown=True, fresh=is_fresh(at, prompts)) for at in prompts]
        controls += [measure(track, at, *of) for at in unprompted(track, prompts)]
    found = effect(treated, controls, 30, "score", "matched")
    assert found.moments > 300
    assert found.verdict in verdicts

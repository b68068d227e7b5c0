from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audio_service.transcription.backlog import AGAIN_MAX, FAIR_SECONDS, PATIENCE_SECONDS, Backlog


def drained(backlog: Backlog[str]) -> list[str]:
    found = []
    while (job := backlog.next()) is not None:
        found.append(job.payload)
    return found


def test_finals_go_before_partials_and_the_oldest_first() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    backlog.add_partial("a", "2", 0.0, "partial")
    backlog.add_final("b", "1", 2.0, "later")
    backlog.add_final("c", "1", 1.0, "earlier")
    assert drained(backlog) == ["earlier", "later", "partial"]


def test_a_flooding_conversation_waits_for_itself() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    for number in range(4):
        backlog.add_final("flood", str(number), 0.0, f"flood {number}")
    backlog.add_final("quiet", "1", 1.0, "quiet")
    assert drained(backlog) == ["flood 0", "quiet", "flood 1", "flood 2", "flood 3"]


def test_an_old_final_is_not_starved_by_new_conversations() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    backlog.add_final("flood", "1", 0.0, "first")
    backlog.add_final("flood", "2", 0.0, "second")
    backlog.add_final("new", "1", FAIR_SECONDS + 0.1, "new")
    assert drained(backlog) == ["first", "second", "new"]


def test_a_newer_partial_takes_the_place_of_the_older_one() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    assert backlog.add_partial("a", "1", 0.0, "old") is None
    backlog.add_partial("b", "1", 1.0, "other")
    replaced = backlog.add_partial("a", "1", 2.0, "new")
    assert replaced is not None
    assert replaced.payload == "old"
    assert drained(backlog) == ["new", "other"]


def test_a_final_makes_the_partial_of_its_utterance_pointless_and_no_other() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    backlog.add_partial("a", "1", 0.0, "pointless")
    backlog.add_partial("a", "2", 0.0, "next utterance")
    backlog.add_partial("b", "1", 0.0, "other conversation")
    overtaken = backlog.add_final("a", "1", 1.0, "final")
    assert overtaken is not None
    assert overtaken.payload == "pointless"
    late = backlog.add_partial("a", "1", 2.0, "late")
    assert late is not None
    assert late.payload == "late"
    assert drained(backlog) == ["final", "next utterance", "other conversation"]


def test_both_bounds_hold_and_open_again() -> None:
    backlog: Backlog[str] = Backlog(3, 2)
    backlog.add_final("a", "1", 0.0, "a1")
    backlog.add_final("a", "2", 0.0, "a2")
    assert backlog.full_for("a")
    assert not backlog.full_for("b")
    backlog.add_final("b", "1", 0.0, "b1")
    assert backlog.full_for("c")
    backlog.next()
    assert not backlog.full_for("c")


def test_second_listenings_come_last_but_not_for_ever() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    backlog.add_again("a", "1", 0.0, "again")
    backlog.add_again("a", "2", 1.0, "again, later")
    backlog.add_partial("b", "1", PATIENCE_SECONDS - 0.1, "partial")
    backlog.add_partial("c", "1", PATIENCE_SECONDS + 0.1, "partial, later")
    backlog.add_final("d", "1", 60.0, "final")
    assert drained(backlog) == ["final", "partial", "again", "partial, later", "again, later"]


def test_a_second_listening_that_is_half_done_is_the_next_one() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    names = ["again 0", "again 1", "again 2"]
    for number, name in enumerate(names):
        backlog.add_again("a", str(number), float(number), name)
    begun = backlog.next()
    assert begun is not None
    backlog.put_back(begun)
    backlog.discard(names[1])
    assert len(backlog) == 2
    assert drained(backlog) == ["again 0", "again 2"]


def test_the_oldest_second_listening_goes_for_one_too_many() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    pushed = [backlog.add_again("a", str(number), float(number), f"again {number}") for number in range(AGAIN_MAX + 2)]
    assert [job.payload for job in pushed if job is not None] == ["again 0", "again 1"]
    assert [job.payload for job in backlog.drop_again()] == [f"again {number}" for number in range(2, AGAIN_MAX + 2)]
    assert len(backlog) == 0


def test_a_job_taken_back_is_never_run() -> None:
    backlog: Backlog[str] = Backlog(9, 9)
    gone, kept = "speech went on", "kept"
    backlog.add_final("a", "1", 0.0, gone)
    backlog.add_final("a", "2", 0.0, kept)
    backlog.add_partial("a", "3", 0.0, gone)
    backlog.discard(gone)
    assert backlog.oldest_final() == 0.0
    assert drained(backlog) == ["kept"]
    assert backlog.oldest_final() is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("fpa")), max_size=40))
def test_every_job_is_run_or_handed_back_exactly_once(requests: list[tuple[str, str, str]]) -> None:
    backlog: Backlog[int] = Backlog(99, 99)
    back = []
    for number, (session, utterance, kind) in enumerate(requests):
        add = {"f": backlog.add_final, "p": backlog.add_partial, "a": backlog.add_again}[kind]
        overtaken = add(session, utterance, float(number), number)
        if overtaken is not None:
            assert not overtaken.final
            back.append(overtaken.payload)
    run = []
    while (job := backlog.next()) is not None:
        run.append(job.payload)
    assert sorted(run + back) == list(range(len(requests)))
    assert len(backlog) == 0

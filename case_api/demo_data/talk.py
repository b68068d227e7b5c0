"""The conversation of each story: consent, what was said, what was heard in it, what was put on the phone. Pure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from case_api.demo_data import SITES, level, voice
from case_api.demo_data.rows import MARK, Row, Rows
from case_api.demo_data.story import DEMANDS, MISHEARD, NEW, Story, words_of
from models.consents import Consent
from models.keywords import KeywordHit
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack, pack
from models.sessions import Session
from models.states import StateEvent
from models.utterances import Utterance
from scripts_library.library import Library
from scripts_library.matcher import Hit, Matcher

PIPELINE = "demo-data"
OPENING = "我们非常理解您的顾虑，请您先坐下喝杯茶，我们一起看看怎么解决最合适。"
CALMING = "我完全理解您的心情，这个问题我们可以这样处理……"
COMPLAINT = "你们再这样拖，我就去住建局投诉！"
CLOSING = "那你们先拿个方案给我看看。"
ASKED = (
    "样板间今天还能看吗？",
    "朝南的户型还剩几套？",
    "小区门口有地铁吗？",
    "公摊大概是多少？",
    "采光怎么样，上午有太阳吗？",
    "电梯是几梯几户？",
    "楼层高一点的还有吗？",
)
"""What they ask who only came to ask."""
AWAY = 100_000
"""Their voices are others than those of the requests."""
OPENING_AT = 12.0
Shown = Sequence[tuple[float, str]]
Said = Sequence[tuple[str, str]]
"""Speaker and text."""
Heard = Sequence[tuple[int, Hit]]
"""Number of the utterance, and what was heard in it."""
SITUATIONS = {"opening": "opening", "first": "first_outburst", "again": "repeated_outburst", "complaint": "threat_complaint"}
LATELY = timedelta(days=30)


def write(rows: Rows, story: Story, case_id: str, *, live: bool, seconds: float | None = None) -> None:
    """One recorded conversation of the case, of `seconds` if it has sound. Before the product went live there were no prompts."""
    chance = random.Random(f"{rows.seed}:{story.number}")
    ids = session_id, _ = rows.id("session", story.number), rows.id("consent", story.number)
    started, usual = story.received_at + timedelta(minutes=2), round(chance.uniform(240, 1500), 1)
    seconds = usual if seconds is None else seconds
    angry = story.complains or chance.random() < (0.2 if live else 0.35)
    said = _said(story, angry, story.received_at > rows.now - LATELY)
    heard = _all_hits(said)
    state = voice.went(seconds, story.number)
    shown = _shown(story, chance, state, angry=angry) if live else []
    reached = "agitated" if angry else "rising" if len(shown) > 1 else "calm"
    staff = rows.person(story, ("receptionist", "staff", "staff_2")[story.number // len(SITES) % 3])
    counts = {"utterances": len(said), "prompts": dict(Counter(_kind(script) for _, script in shown)), "keywords": len(heard)}
    session = _session(rows, story, ids, started, seconds, staff=staff, case_id=case_id, reached=reached, counts=counts)
    _words(rows, session_id, started, seconds, said, heard)
    _prompts(rows, story, session_id, staff, chance, shown)
    _voice(rows, story, session, state, shown)


def visit(rows: Rows, story: Story) -> None:
    """Somebody who came the same day, only to ask: nothing went wrong, and no case came of it."""
    started = story.received_at + timedelta(hours=1)
    if started + timedelta(hours=1) > rows.now:
        return
    ids = session_id, _ = rows.id("visit", story.number), rows.id("visit_consent", story.number)
    first, second = (ASKED[(story.number // 3 + step) % len(ASKED)] for step in (0, 2))
    said = [("staff", OPENING), ("customer", first), ("staff", "好的，我给您看一下资料。"), ("customer", second), ("customer", CLOSING)]
    heard, seconds = _all_hits(said), 180.0 + 7 * (story.number % 60)
    counts = {"utterances": len(said), "prompts": {}, "keywords": len(heard)}
    staff = rows.person(story, ("staff", "staff_2")[story.number % 2])
    session = _session(rows, story, ids, started, seconds, staff=staff, case_id=None, reached="calm", counts=counts)
    _words(rows, session_id, started, seconds, said, heard)
    _voice(rows, story, session, voice.went(seconds, story.number + AWAY), ())


def _session(
    rows: Rows,
    story: Story,
    ids: tuple[str, str],
    started: datetime,
    seconds: float,
    *,
    staff: str,
    case_id: str | None,
    reached: str,
    counts: Row,
) -> Row:
    """The conversation, and the consent that it rests on."""
    session_id, consent_id = ids
    rows.add(
        Consent,
        id=consent_id,
        recording=True,
        notice_version="rec-2026-11",
        notice_text=MARK,
        method="spoken",
        informed_by=MARK,
        given_at=started,
        withdrawn_at=None,
    )
    return rows.add(
        Session,
        id=session_id,
        site_id=rows.sites[story.site],
        staff_id=staff,
        case_id=case_id,
        consent_id=consent_id,
        status="ended",
        started_at=started,
        ended_at=started + timedelta(seconds=seconds),
        recording=True,
        codec="flac",
        sample_rate=16000,
        language="zh",
        client=PIPELINE,
        mic=None,
        pipeline_version=PIPELINE,
        seconds=seconds,
        speech_seconds=round(seconds * 0.7, 1),
        talk_share={"staff": 0.45, "customer": 0.55},
        peak_level=reached,
        counts=counts,
        summary=None,
        recording_path=None,
        recording_sha256=None,
    )


def _words(rows: Rows, session_id: str, started: datetime, seconds: float, said: Said, heard: Heard) -> None:
    starts = [round(number * seconds / (len(said) + 2), 1) for number in range(len(said) + 1)]
    for number, (speaker, text) in enumerate(said, 1):
        misheard = MISHEARD.get(text) if started.day % 3 == 0 else None
        _utterance(rows, session_id, started, number, speaker, misheard or text, starts[number], [text] if misheard else [])
    for ordinal, (number, hit) in enumerate(heard, 1):
        _keyword(rows, session_id, started, ordinal, number, hit, starts[number])


def _said(story: Story, angry: bool, lately: bool) -> list[tuple[str, str]]:
    """(speaker, text) from beginning to end."""
    lines = [
        ("staff", OPENING),
        ("customer", DEMANDS[story.number % len(DEMANDS)]),
        ("customer", words_of(story)),
        ("staff", "您慢慢说，我一条一条记下来。"),
    ]
    if lately and story.number % 3 == 0:
        lines.append(("customer", NEW[story.number % len(NEW)]))
    if angry:
        lines.append(("customer", "你们到底能不能解决！"))
    if story.complains:
        lines.append(("customer", COMPLAINT))
    return [*lines, ("staff", CALMING), ("customer", CLOSING)]


@cache
def _matcher() -> Matcher:
    return Matcher(Library.load())


@cache
def _hits(speaker: str, text: str) -> tuple[Hit, ...]:
    """What the ear would hear in it."""
    return tuple(hit for hit in _matcher().match(text) if not hit.negated) if speaker == "customer" else ()


def _all_hits(said: Said) -> Heard:
    return [(number, hit) for number, line in enumerate(said, 1) for hit in _hits(*line)]


def _utterance(
    rows: Rows, session_id: str, started: datetime, number: int, speaker: str, text: str, start: float, others: Sequence[str]
) -> None:
    hypotheses = [[heard, -0.5 - 0.1 * place, False] for place, heard in enumerate([text, *others])] if others else []
    same: dict[str, Any] = {"characters": [], "alternatives": hypotheses, "quality": {}, "language": "zh", "confidence": 0.9}
    at = started + timedelta(seconds=start)
    end = start + len(text) / 5
    rows.add(
        Utterance,
        session_id=session_id,
        ordinal=number,
        id=f"u{number}",
        speaker=speaker,
        start=start,
        end=end,
        text=text,
        created_at=at,
        **same,
    )


def _keyword(rows: Rows, session_id: str, started: datetime, ordinal: int, number: int, hit: Hit, start: float) -> None:
    rows.add(
        KeywordHit,
        id=rows.id("keyword", session_id, ordinal),
        session_id=session_id,
        ordinal=ordinal,
        utterance_id=f"u{number}",
        term=hit.term,
        category=hit.category,
        at=start + hit.start / 5,
        end=start + hit.end / 5,
        speaker="customer",
        heard=hit.heard,
        match=hit.kind,
        score=hit.score,
        false_hit=False,
        created_at=started + timedelta(seconds=start),
    )


def _shown(story: Story, chance: random.Random, state: voice.Floats, *, angry: bool) -> list[tuple[float, str]]:
    """(at, script) of what came up on the phone: always to begin with, and in most conversations when the voice went up."""
    found = [(OPENING_AT, "opening-tea")]
    if angry or chance.random() < 0.7:
        for number, at in enumerate(voice.raised(state)):
            choices = voice.FIRST if number == 0 else voice.COMPLAINED if story.complains and number == 1 else voice.AGAIN
            found.append((at, chance.choices([name for name, _ in choices], [weight for _, weight in choices])[0]))
    return found


def _kind(script: str) -> str:
    return "guidance" if script == "opening-tea" else "calming"


def _prompts(rows: Rows, story: Story, session_id: str, staff: str, chance: random.Random, shown: Shown) -> None:
    for number, (at, script) in enumerate(shown, 1):
        prompt_id, shown_at = rows.id("prompt", story.number, number), story.received_at + timedelta(seconds=at)
        made = {"reasons": [], "alternatives": [], "evidence": {}, "created_at": shown_at, "session_id": session_id, "at": at}
        situation = SITUATIONS[script.partition("-")[0]]
        same = {"kind": _kind(script), "situation": situation, "script_id": script, "text": rows.scripts.get(script, OPENING)}
        rows.add(PromptShown, id=prompt_id, prompt_key=f"p{number}", **same, **made)
        if chance.random() < 0.6:
            verdict = chance.choices(["used", "helpful", "dismissed", "unhelpful"], [50, 25, 20, 5])[0]
            feedback = {"verdict": verdict, "at_audio": at + 3, "person_id": staff, "created_at": shown_at}
            rows.add(PromptFeedback, id=rows.id("feedback", story.number, number), prompt_id=prompt_id, **feedback)


def _voice(rows: Rows, story: Story, session: Row, state: voice.Floats, shown: Shown) -> None:
    """Of the last months the track and the levels: of what one opens first as the ear hears them."""
    session_id, reached = session["id"], session["peak_level"]
    if story.received_at > rows.now - level.HEARD:
        session["peak_level"] = _heard(rows, story, session_id, state, shown, reached)
    elif story.received_at > rows.now - voice.MEASURED:
        chunks = voice.measured(state, shown, story.number, voice.SWINGS[reached][0])
        _track(rows, session_id, chunks)
        _states(rows, session_id, level.sketch(voice.whole(chunks), reached))


def _heard(rows: Rows, story: Story, session_id: str, state: voice.Floats, shown: Shown, reached: str) -> str:
    """The track with what the ear makes of it; the highest level."""
    for swing in voice.SWINGS[reached]:
        chunks = voice.measured(state, shown, story.number, swing)
        found = list(level.states(voice.whole(chunks)))
        if level.peak(found) == reached:
            break
    _track(rows, session_id, chunks)
    _states(rows, session_id, found)
    return level.peak(found)


def _states(rows: Rows, session_id: str, found: Iterable[dict[str, Any]]) -> None:
    for ordinal, one in enumerate(found):
        rows.add(StateEvent, session_id=session_id, ordinal=ordinal, speaker="customer", confidence=0.9, **one)


def _track(rows: Rows, session_id: str, chunks: voice.Chunks) -> None:
    for ordinal, (start, columns) in enumerate(chunks):
        names, data = pack(columns)
        rows.add(ProsodyTrack, session_id=session_id, ordinal=ordinal, start=start, step=voice.STEP, columns=names, data=data)

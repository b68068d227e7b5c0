"""The conversation of each story: consent, what was said, what was heard in it, what was put on the phone. Pure."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from case_api.demo_data.rows import MARK, Rows
from case_api.demo_data.story import WORDS, Story
from models.consents import Consent
from models.keywords import KeywordHit
from models.prompts import PromptFeedback, PromptShown
from models.sessions import Session
from models.utterances import Utterance

PIPELINE = "demo-data"
OPENING = "我们非常理解您的顾虑，请您先坐下喝杯茶，我们一起看看怎么解决最合适。"
CALMING = "我完全理解您的心情，这个问题我们可以这样处理……"
COMPLAINT = ("你们再这样拖，我就去住建局投诉！", "投诉")
# cause → category of the lexicon
CATEGORY = {"family": "family", "cash_flow": "cash_flow", "competitor": "competitor", "quality": "quality", "delay": "delay"}


def write(rows: Rows, story: Story, case_id: str, *, live: bool) -> None:
    """One recorded conversation of the case. Before the product went live it was recorded only: no prompts."""
    chance = random.Random(f"{rows.seed}:{story.number}")
    session_id, consent_id = rows.id("session", story.number), rows.id("consent", story.number)
    started, seconds = story.received_at + timedelta(minutes=2), round(chance.uniform(240, 1500), 1)
    angry = story.complains or chance.random() < (0.2 if live else 0.35)
    said = _said(story, angry)
    staff = rows.person(story, "staff" if story.number % 2 else "receptionist")
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
    counts = {"utterances": len(said), "prompts": 2 if live and angry else int(live), "keywords": 1 + story.complains}
    rows.add(
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
        peak_level="agitated" if angry else "calm",
        counts=counts,
        summary=None,
        recording_path=None,
        recording_sha256=None,
    )
    for number, (speaker, text, term, category) in enumerate(said, 1):
        start = round(number * seconds / (len(said) + 2), 1)
        _utterance(rows, story, session_id, started, number, speaker, text, start)
        if term:
            _keyword(rows, story, session_id, started, number, (term, category), text, start)
    if live:
        _prompts(rows, story, session_id, staff, chance, angry=angry, seconds=seconds)


def _said(story: Story, angry: bool) -> list[tuple[str, str, str, str]]:
    """(speaker, text, term that is heard in it, its category) from beginning to end."""
    cause = story.causes[0]
    words, term = WORDS[cause]
    lines = [
        ("staff", OPENING, "", ""),
        ("customer", "我今天来就是要退房。", "退房", "withdrawal"),
        ("customer", words, term if cause in CATEGORY else "", CATEGORY.get(cause, "")),
        ("staff", "您慢慢说，我一条一条记下来。", "", ""),
    ]
    if angry:
        lines.append(("customer", "你们到底能不能解决！", "", ""))
    if story.complains:
        lines.append(("customer", COMPLAINT[0], COMPLAINT[1], "complaint"))
    return [*lines, ("staff", CALMING, "", ""), ("customer", "那你们先拿个方案给我看看。", "", "")]


def _utterance(rows: Rows, story: Story, session_id: str, started: Any, number: int, speaker: str, text: str, start: float) -> None:
    same: dict[str, Any] = {"characters": [], "alternatives": [], "quality": {}, "language": "zh", "confidence": 0.9}
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


def _keyword(rows: Rows, story: Story, session_id: str, started: Any, number: int, found: tuple[str, str], text: str, start: float) -> None:
    term, category = found
    rows.add(
        KeywordHit,
        id=rows.id("keyword", story.number, number),
        session_id=session_id,
        ordinal=number,
        utterance_id=f"u{number}",
        term=term,
        category=category,
        at=start,
        end=start + 0.6,
        speaker="customer",
        heard=term,
        match="exact",
        score=1.0,
        false_hit=False,
        created_at=started + timedelta(seconds=start),
    )


def _prompts(rows: Rows, story: Story, session_id: str, staff: str, chance: random.Random, *, angry: bool, seconds: float) -> None:
    kinds = [("guidance", "opening-tea", OPENING), *([("calming", "calming-understand", CALMING)] if angry else [])]
    for number, (kind, script, text) in enumerate(kinds, 1):
        at = round(seconds * number / 4, 1)
        prompt_id, shown_at = rows.id("prompt", story.number, number), story.received_at + timedelta(seconds=at)
        made = {"reasons": [], "situation": "", "alternatives": [], "evidence": {}, "created_at": shown_at}
        rows.add(
            PromptShown, id=prompt_id, session_id=session_id, prompt_key=f"p{number}", kind=kind, at=at, script_id=script, text=text, **made
        )
        if chance.random() < 0.6:
            verdict = chance.choices(["used", "helpful", "dismissed", "unhelpful"], [50, 25, 20, 5])[0]
            feedback = {"verdict": verdict, "at_audio": at + 3, "person_id": staff, "created_at": shown_at}
            rows.add(PromptFeedback, id=rows.id("feedback", story.number, number), prompt_id=prompt_id, **feedback)

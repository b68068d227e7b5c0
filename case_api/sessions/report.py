"""A conversation on paper: who and when, figures, its course drawn, prompts, terms, moments and, where asked for, what was said. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import get_args
from zoneinfo import ZoneInfo

from case_api.documents.pdf import Document, Language
from case_api.sessions.course import clock
from case_api.sessions.exports import Said
from case_api.sessions.report_texts import text
from case_api.sessions.schemas import Course, PromptOut, SessionDetail, Track
from case_api.sessions.strips import NAMED, Drawn, Sign, strips
from models.sessions import Speaker

Say = Callable[..., str]
"""`text` in one language."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is made of."""

    session: SessionDetail
    site: str
    timezone: str
    course: Course
    track: Track
    by: str
    at: datetime


def document(given: Reported, *, transcript: bool, language: Language = "zh") -> Document:
    """The report. Times are those of the site's clock."""
    session, zone, t = given.session, ZoneInfo(given.timezone), partial(text, language)
    started = session.started_at.astimezone(zone)
    paper = Document(t("title"), f"{given.site} · {started:%Y-%m-%d %H:%M} · {session.id}", given.at, language=language)
    paper.heading(t("facts"))
    paper.facts(_facts(given, zone, t))
    paper.heading(t("course"))
    for strip in strips(_drawn(given), {name: t(name) for name in NAMED}):
        paper.picture(strip)
    paper.paragraph(t("legend"), small=True)
    paper.heading(t("prompts"))
    shown = [row for _, row in sorted([*((one.at, _prompt(one, t)) for one in session.prompts), *_withheld(session, t)])]
    _table(paper, [t(head) for head in ("at", "kind", "shown", "verdict")], shown, (2, 2, 11, 3), t("no_prompts"))
    paper.heading(t("terms"))
    words = [(clock(hit.at), hit.term, hit.heard, t(f"speaker.{hit.speaker}")) for hit in session.keywords if not hit.false_hit]
    _table(paper, [t(head) for head in ("at", "term", "heard", "speaker")], words, (2, 5, 5, 3), t("no_terms"))
    paper.heading(t("moments"))
    happened = [(clock(at), what) for at, what in sorted(moments(session, t))]
    _table(paper, [t(head) for head in ("at", "what")], happened, (2, 13), t("no_moments"))
    if transcript:
        paper.heading(t("transcript"))
        paper.paragraph(t("transcribed"), small=True)
        # Lines, not a table: of two hours there are thousands, and a table takes four times as long.
        lines = [(one, one.text + (t("corrected") if one.corrected else "")) for one in session.utterances if one.text.strip()]
        paper.facts([(f"{clock(one.start)}　{t(f'speaker.{one.speaker}')}", line) for one, line in lines])
    return paper


def _facts(given: Reported, zone: ZoneInfo, t: Say) -> list[tuple[str, str]]:
    session = given.session
    shares = " · ".join(
        f"{t(f'speaker.{name}')} {session.talk_share[name]:.0%}" for name in get_args(Speaker) if name in session.talk_share
    )
    agreed = t("agreed" if session.consent.recording else "refused", at=f"{session.consent.given_at.astimezone(zone):%Y-%m-%d %H:%M}")
    return [
        (t("site"), given.site),
        (t("staff"), session.staff_name),
        (t("case"), session.case_code or t("no_case")),
        (t("started"), f"{session.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"),
        (t("length"), t("spoken", length=clock(session.seconds), speech=clock(session.speech_seconds))),
        (t("share"), shares or "—"),
        (t("peak"), t(f"level.{session.peak_level}")),
        (t("consent"), agreed),
        (t("sha"), session.recording_sha256 or "—"),
        (t("printed"), t("printed_by", by=given.by, at=f"{given.at.astimezone(zone):%Y-%m-%d %H:%M}")),
    ]


def _drawn(given: Reported) -> Drawn:
    session = given.session
    signs = [Sign("prompt", one.at) for one in session.prompts]
    signs += [Sign("keyword", hit.at) for hit in session.keywords if not hit.false_hit]
    signs += [Sign("moment", one["at"]) for one in (session.summary or {}).get("moments", [])]
    signs += [Sign("mark", one.at) for one in session.marks]
    signs += [Sign("mark", hint.at) for hint in session.hints if hint.at is not None]
    said = [Said(one.speaker, one.start, one.end, one.text) for one in session.utterances]
    seconds = max([session.seconds, *(one.end for one in said)])
    return Drawn(seconds, said, given.course, given.track, signs)


def _prompt(prompt: PromptOut, t: Say) -> tuple[str, str, str, str]:
    verdict = t(f"verdict.{prompt.feedback[-1].verdict}") if prompt.feedback else "—"
    return clock(prompt.at), t(f"kind.{prompt.kind}"), prompt.text + _because(prompt.reasons, t), verdict


def _because(reasons: Sequence[object], t: Say) -> str:
    return t("reasons", reasons=t("comma").join(map(str, reasons))) if reasons else ""


def _withheld(session: SessionDetail, t: Say) -> Iterator[tuple[float, tuple[str, str, str, str]]]:
    for one in session.withheld:
        yield one.at, (clock(one.at), t(f"kind.{one.kind}"), one.text + _because(one.reasons, t), t("withheld"))


def moments(session: SessionDetail, t: Say) -> Iterator[tuple[float, str]]:
    """Marks of the staff member, hints of managers and the course of the talk: (s, in words)."""
    for mark in session.marks:
        yield mark.at, t("mark_of", note=mark.note) if mark.note else t("mark")
    for hint in session.hints:
        if hint.at is not None:
            state = t("hint_shown" if hint.state == "shown" else "hint_missed")
            yield hint.at, t("hint", name=hint.person_name, text=hint.text, state=state)
    for one in (session.summary or {}).get("moments", []):
        match one["kind"]:
            case "interruption":
                yield one["at"], t("interruption", who=t(f"speaker.{one['by']}" if one["by"] else "somebody"))
            case "silence":
                yield one["at"], t("silence", seconds=round(one["seconds"] or 0))
            case "calmed":
                yield one["at"], t("calmed")


def _table(paper: Document, header: Sequence[str], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], empty: str) -> None:
    if rows:
        paper.table(header, rows, columns=["text"] * len(header), widths=widths)
    else:
        paper.paragraph(empty)

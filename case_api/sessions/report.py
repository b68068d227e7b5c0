"""A conversation on paper: who and when, figures, its course drawn, prompts, terms, moments and, where asked for, what was said. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from case_api.documents.pdf import Document
from case_api.sessions.course import clock
from case_api.sessions.exports import CORRECTED, SPEAKERS, Said
from case_api.sessions.schemas import Course, PromptOut, SessionDetail, Track
from case_api.sessions.strips import Drawn, Sign, strips

LEVELS: Final = {"provisional": "未判定", "calm": "平静", "rising": "升高", "agitated": "激动"}
KINDS: Final = {"calming": "安抚", "guidance": "指引", "wording": "用语"}
VERDICTS: Final = {"used": "已使用", "dismissed": "已忽略", "helpful": "有帮助", "unhelpful": "没帮助"}
_LEGEND: Final = (
    "底色为客户情绪：绿 平静、黄 升高、红 激动。说话人由上至下：客户、员工、未确定。虚线为该客户的平常水平（未判定时为全程中位数）。"
    "事件：▲ 提示、■ 投诉词、| 打断、沉默与平静、◆ 员工标记。"
)


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


def document(given: Reported, *, transcript: bool) -> Document:
    """The report. Times are those of the site's clock."""
    session, zone = given.session, ZoneInfo(given.timezone)
    started = session.started_at.astimezone(zone)
    paper = Document("会话报告", f"{given.site} · {started:%Y-%m-%d %H:%M} · {session.id}", given.at)
    paper.heading("一、基本情况")
    paper.facts(_facts(given, zone))
    paper.heading("二、全程")
    for strip in strips(_drawn(given)):
        paper.picture(strip)
    paper.paragraph(_LEGEND, small=True)
    paper.heading("三、提示")
    _table(paper, ("时刻", "类型", "内容与依据", "反馈"), [_prompt(one) for one in session.prompts], (2, 2, 11, 3), "没有弹出提示。")
    paper.heading("四、投诉词")
    words = [(clock(hit.at), hit.term, hit.heard, SPEAKERS[hit.speaker]) for hit in session.keywords if not hit.false_hit]
    _table(paper, ("时刻", "投诉词", "听到的写法", "说话人"), words, (2, 5, 5, 3), "没有听到投诉词。")
    paper.heading("五、经过")
    _table(paper, ("时刻", "经过"), [(clock(at), what) for at, what in sorted(moments(session))], (2, 13), "没有记录。")
    if transcript:
        paper.heading("六、文字稿")
        paper.paragraph("文字由机器转写，可能有误，以录音为准；标有「已更正」的由人工更正，原文留存。", small=True)
        # Lines, not a table: of two hours there are thousands, and a table takes four times as long.
        lines = [(one, one.text + (CORRECTED if one.corrected else "")) for one in session.utterances if one.text.strip()]
        paper.facts([(f"{clock(one.start)}　{SPEAKERS[one.speaker]}", line) for one, line in lines])
    return paper


def _facts(given: Reported, zone: ZoneInfo) -> list[tuple[str, str]]:
    session = given.session
    shares = " · ".join(f"{SPEAKERS[name]} {share:.0%}" for name, share in session.talk_share.items() if name in SPEAKERS)
    consent = f"{'同意录音' if session.consent.recording else '不同意录音'}，{session.consent.given_at.astimezone(zone):%Y-%m-%d %H:%M}"
    return [
        ("案场", given.site),
        ("接待人员", session.staff_name),
        ("案件", session.case_code or "未关联"),
        ("开始时间", f"{session.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"),
        ("时长", f"{clock(session.seconds)}，其中说话 {clock(session.speech_seconds)}"),
        ("说话占比", shares or "—"),
        ("客户最高情绪", LEVELS[session.peak_level]),
        ("录音告知", consent),
        ("录音指纹", session.recording_sha256 or "—"),
        ("打印", f"{given.by}，{given.at.astimezone(zone):%Y-%m-%d %H:%M}"),
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


def _prompt(prompt: PromptOut) -> tuple[str, str, str, str]:
    reasons = f"（{'，'.join(map(str, prompt.reasons))}）" if prompt.reasons else ""
    verdict = VERDICTS[prompt.feedback[-1].verdict] if prompt.feedback else "—"
    return clock(prompt.at), KINDS[prompt.kind], prompt.text + reasons, verdict


def moments(session: SessionDetail) -> Iterator[tuple[float, str]]:
    """Marks of the staff member, hints of managers and the course of the talk: (s, in words)."""
    for mark in session.marks:
        yield mark.at, f"员工标记：{mark.note}" if mark.note else "员工标记"
    for hint in session.hints:
        if hint.at is not None:
            yield hint.at, f"{hint.person_name}提示员工：{hint.text}（{'已显示' if hint.state == 'shown' else '未显示'}）"
    for one in (session.summary or {}).get("moments", []):
        match one["kind"]:
            case "interruption":
                yield one["at"], f"{SPEAKERS.get(one['by'], '一方')}打断对方"
            case "silence":
                yield one["at"], f"沉默 {one['seconds'] or 0:.0f} 秒"
            case "calmed":
                yield one["at"], "客户平静下来"


def _table(paper: Document, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], empty: str) -> None:
    if rows:
        paper.table(header, rows, columns=["text"] * len(header), widths=widths)
    else:
        paper.paragraph(empty)

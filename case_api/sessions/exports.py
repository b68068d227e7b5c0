"""A transcript as subtitles or text. Pure; the format is chosen by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ExportFormat = Literal["json", "srt", "vtt", "txt"]
MEDIA_TYPES: dict[ExportFormat, str] = {
    "json": "application/json",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
SPEAKERS = {"staff": "员工", "customer": "客户", "unsure": "未确定"}
CORRECTED = "（已更正）"
"""Behind a line whose text or speaker a person corrected."""
SHORTEST_MS = 200
"""A cue that ends where it starts is not shown by players."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an export needs of an utterance."""

    speaker: str
    start: float
    end: float
    text: str
    corrected: bool = False


def clock(ms: int, separator: str) -> str:
    """Milliseconds as `HH:MM:SS,mmm`; hours go on past 99."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{separator}{rest:03d}"


def _cues(said: Iterable[Said]) -> list[tuple[int, int, str, str]]:
    """(start ms, end ms, speaker's name, one line of text), without what holds no text."""
    cues = []
    for one in said:
        text = " ".join(one.text.split())
        if text:
            start = max(round(one.start * 1000), 0)
            text += CORRECTED if one.corrected else ""
            cues.append((start, max(round(one.end * 1000), start + SHORTEST_MS), SPEAKERS[one.speaker], text))
    return cues


def to_srt(said: Iterable[Said]) -> str:
    """SubRip. It has no escapes: an arrow in the text would end the cue's header, so it becomes a character."""
    return "\n".join(
        f"{number}\n{clock(start, ',')} --> {clock(end, ',')}\n{who}：{text.replace('-->', '→')}\n"
        for number, (start, end, who, text) in enumerate(_cues(said), 1)
    )


def to_vtt(said: Iterable[Said]) -> str:
    """WebVTT with voice tags; `&`, `<` and `>` escaped."""
    cues = []
    for start, end, who, text in _cues(said):
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"\n{clock(start, '.')} --> {clock(end, '.')}\n<v {who}>{safe}</v>\n")
    return "WEBVTT\n" + "".join(cues)


def to_text(said: Iterable[Said], head: Sequence[str]) -> str:
    """For people: a head, then one line an utterance."""
    lines = [f"[{clock(start, '.')[:8]}] {who}：{text}" for start, _, who, text in _cues(said)]
    return "\n".join([*head, "", *lines]) + "\n"

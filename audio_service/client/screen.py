"""A conversation as it happens, in a terminal: who says what, how fast and how loud, what came up on the phone and why."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WHO = {"staff": ("员工", "cyan"), "customer": ("客户", "yellow"), "unsure": ("未确定", "dim")}
LEVEL = {
    "provisional": ("了解中", "dim"),
    "calm": ("平静", "green"),
    "rising": ("升温", "dark_orange"),
    "agitated": ("激动", "bold red"),
}
KIND = {"calming": ("安抚话术", "red"), "guidance": ("应对建议", "blue"), "wording": ("换个说法", "magenta")}
BAR = 12
UNITS = {"rate": ("语速", "字/秒", 1), "loudness": ("音量", "分贝", 0)}


class Screen:
    """Takes the messages of a conversation in the order they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._level = "provisional"
        self._seen: set[tuple[str, str]] = set()
        self._texts: dict[str, tuple[float, str]] = {}

    def show(self, message: dict[str, Any]) -> None:
        """Print what a person wants to see of a message; the rest is silent."""
        handler = getattr(self, f"_{message['type']}", None)
        if handler is not None:
            handler(message)

    def _ready(self, message: dict[str, Any]) -> None:
        if message["resumed"]:
            self._console.print(f"[dim]线路恢复，从第 {message['next_seq']} 包继续 · resumed[/]")
        else:
            self._console.print(f"[dim]会话 {message['session']} · {'录音' if message['recording'] else '不录音'}[/]")

    def _transcript(self, message: dict[str, Any]) -> None:
        if not message["final"] or not message["text"] or self._repeated("transcript", message["utterance"]):
            return
        self._texts[message["utterance"]] = (message["start"], message["text"])
        self._said(message["start"], message["speaker"], message["text"])

    def _correction(self, message: dict[str, Any]) -> None:
        """The line once more, under the speaker it turned out to be."""
        said = self._texts.get(message["utterance"])
        if said is not None and not self._repeated("correction", message["utterance"] + message["speaker"]):
            self._said(said[0], message["speaker"], f"{said[1]}（说话人更正 · speaker corrected）")

    def _said(self, start: float, speaker: str, text: str) -> None:
        name, colour = WHO[speaker]
        self._console.print(Text.assemble((f"{_clock(start)}  ", "dim"), (f"{name:<4}", colour), text))

    def _state(self, message: dict[str, Any]) -> None:
        changed, self._level = message["level"] != self._level, message["level"]
        if message["speaker"] != "customer" and not changed:
            return
        name, colour = LEVEL[message["level"]]
        filled = round(BAR * min(max(message["score"], 0.0), 6.0) / 6)
        bar = Text.assemble(
            (f"{_clock(message['at'])}  ", "dim"), (f"{name:<4}", colour), ("█" * filled, colour), ("·" * (BAR - filled), "dim")
        )
        measures = message["measures"]
        for key, (label, unit, digits) in UNITS.items():
            measure = measures.get(key)
            if measure is not None:
                usual = measure.get("baseline")
                change = "" if usual is None else f"（{measure['value'] - usual:+.{digits}f}）"
                bar.append(f"  {label} {measure['value']:.{digits}f}{change} {unit}", "dim")
        self._console.print(bar)

    def _prompt(self, message: dict[str, Any]) -> None:
        if self._repeated("prompt", message["id"]):
            return
        name, colour = KIND[message["kind"]]
        body = Text.assemble(
            (message["text"], "bold"), "\n", (message.get("text_en", ""), "dim"), "\n", "为什么：", "，".join(message["reasons"])
        )
        late = message["received_at"] - message["at"]
        title = f"{name} · {_clock(message['at'])} · {message['script_id']}"
        self._console.print(Panel(body, title=title, subtitle=f"{late:+.2f} s", border_style=colour, width=76))

    def _keyword(self, message: dict[str, Any]) -> None:
        if self._repeated("keyword", f"{message['utterance']}{message['term']}{message['at']}"):
            return
        name, _ = WHO[message["speaker"]]
        heard = "" if message["heard"] == message["term"] else f"（听作“{message['heard']}”）"
        match = f"{message['match']} {message['score']:.2f}"
        line = f"{_clock(message['at'])}  关键词  {message['term']}{heard} · {message['category']} · {name} · {match}"
        self._console.print(line, style="magenta")

    def _hint(self, message: dict[str, Any]) -> None:
        if not self._repeated("hint", message["id"]):
            self._console.print(Panel(Text(message["text"], "bold"), title=f"{message['by']} 提示您 · hint", border_style="cyan", width=76))

    def _listeners(self, message: dict[str, Any]) -> None:
        names = "、".join(one["name"] for one in message["people"])
        self._console.print(
            f"旁听    {names} 正在旁听 · listens in" if names else "旁听    已结束 · nobody listens in", style="cyan", markup=False
        )

    def _warning(self, message: dict[str, Any]) -> None:
        self._console.print(f"{_clock(message['at'])}  提醒    {message['zh']}", style="dim yellow")

    def _error(self, message: dict[str, Any]) -> None:
        detail = f"（{message['detail']}）" if message.get("detail") else ""
        self._console.print(f"错误 {message['code']}：{message['zh']}{detail} · {message['en']}", style="red")

    def _summary(self, message: dict[str, Any]) -> None:
        table = Table(title="会话小结", show_header=False, title_style="bold", min_width=60)
        share = message["talk_share"]
        table.add_row("时长", f"{_clock(message['seconds'])}，其中说话 {_clock(message['speech_seconds'])}")
        table.add_row("说话占比", "，".join(f"{WHO[who][0]} {100 * part:.0f}%" for who, part in share.items()))
        table.add_row("最高情绪", LEVEL[message["peak_level"]][0])
        table.add_row("话术", "，".join(f"{KIND[kind][0]} {count}" for kind, count in message["prompts"].items()) or "无")
        table.add_row("关键词", "，".join(f"{term}×{count}" for term, count in message["keywords"].items()) or "无")
        self._console.print(table)

    def _repeated(self, kind: str, key: str) -> bool:
        """Messages are sent again after a lost line; a person wants to see them once."""
        if (kind, key) in self._seen:
            return True
        self._seen.add((kind, key))
        return False


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{seconds % 60:04.1f}"

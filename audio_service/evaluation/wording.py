"""What the figures mean, in words for whoever runs a sales office. Chinese first, English beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure on the page: what it is called, what it means, where it stands in the report, and how it is written."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    path: str
    form: Callable[[float], str]
    reached: Callable[[float], bool] | None
    target: str = ""


def percent(value: float) -> str:
    return f"{100 * value:.0f}%" if value in (0, 1) else f"{100 * value:.1f}%"


def seconds(value: float) -> str:
    return f"{value:.1f} s"


def plain(value: float) -> str:
    return f"{value:.2f}"


HEADLINES: tuple[Headline, ...] = (
    Headline(
        "提醒及时率", "Recall",
        "客户真的激动时，15 秒内手机上出现安抚话术的比例。没提醒的，就是漏掉的。",
        "Share of real escalations answered with calming words within 15 s.",
        "recall", percent, lambda value: value >= 0.9, "≥ 90%",
    ),
    Headline(
        "每小时误提醒", "False prompts an hour",
        "客户并没有激动，手机却弹出了安抚话术。次数多了，员工就不再看手机。",
        "Calming prompts nobody needed. Too many, and staff stop looking.",
        "false_per_hour", plain, lambda value: value == 0, "0",
    ),
    Headline(
        "反应时间（一半情况）", "Delay, median",
        "从客户开始激动到提醒出现，一半的情况不超过这个时间。",
        "From the onset of the agitation to the prompt, in half of the cases.",
        "delay_s.median", seconds, None,
    ),
    Headline(
        "反应时间（十次里的九次）", "Delay, 90th percentile",
        "十次里有九次不超过这个时间；最慢的那一次另看下面的图。",
        "Nine of ten prompts came within this time.",
        "delay_s.p90", seconds, lambda value: value <= 6, "≤ 6 s",
    ),
    Headline(
        "说话人判断正确", "Speech given to the right person",
        "说话时间里，系统分清是客户还是员工的比例。分不清时它会说“未确定”，不会乱猜。",
        "Share of speech whose speaker was named rightly.",
        "attribution.right", percent, lambda value: value >= 0.9, "≥ 90%",
    ),
    Headline(
        "说话人判断错误", "Speech given to the wrong person",
        "把客户当成员工、或把员工当成客户的时间比例。",
        "Customer taken for staff, or the other way round.",
        "attribution.wrong", percent, lambda value: value <= 0.04, "≤ 4%",
    ),
    Headline(
        "关键词找到", "Keywords found",
        "客户或员工说出的投诉关键词，系统记下来的比例。",
        "Share of the complaint terms that were said and noted.",
        "keywords.recall", percent, None,
    ),
    Headline(
        "关键词可信", "Keywords right",
        "系统记下来的关键词里，真的说过的比例。",
        "Share of the noted terms that were really said.",
        "keywords.precision", percent, None,
    ),
    Headline(
        "客户的话，错字率", "Character errors, customer",
        "文字记录里每 100 个汉字错几个（客户，离手机较远）。",
        "Wrong Hanzi in what the customer said.",
        "cer.customer", percent, None,
    ),
    Headline(
        "员工的话，错字率", "Character errors, staff",
        "文字记录里每 100 个汉字错几个（员工，离手机近）。",
        "Wrong Hanzi in what the staff member said.",
        "cer.staff", percent, None,
    ),
    Headline(
        "语速测量，相关", "Pace, correlation",
        "测得的语速与文字推算的语速是否同升同降；1 为完全一致。",
        "Whether measured pace follows the pace of the text; 1 is perfect.",
        "rate.r", plain, lambda value: value >= 0.9, "≥ 0.9",
    ),
    Headline(
        "语速测量，比值", "Pace, measured over true",
        "测得的语速平均是真实语速的几倍；1 为不偏不倚。",
        "1 means no bias.",
        "rate.mean_ratio", plain, lambda value: 0.95 <= value <= 1.05, "0.95–1.05",
    ),
)  # fmt: skip
KINDS: dict[str, tuple[str, str]] = {
    "escalate": ("客户激动", "customer escalates"),
    "calm": ("平静", "calm"),
    "staff_loud": ("员工声音大", "staff member is loud"),
    "closer_mic": ("手机挪近", "phone moved nearer"),
    "fast_talker": ("一直说得快", "fast from the start"),
    "noise_burst": ("突然的噪声", "burst of noise"),
}


def kind_name(kind: str) -> str:
    """A kind as people read it; one's own kinds stay as they are."""
    if kind not in KINDS:
        return kind
    zh, en = KINDS[kind]
    return f"{zh} · {en}"


def lookup(figures: Figures, path: str) -> Any:
    """`attribution.right` of a report's figures."""
    value: Any = figures
    for name in path.split("."):
        value = value[name]
    return value


def shown(headline: Headline, value: float | None) -> str:
    """A figure as it is written; a dash where there was nothing to measure."""
    return "—" if value is None else headline.form(value)


def range_of(headline: Headline, interval: Sequence[float] | None) -> str:
    """`80%–100%`, or nothing."""
    return "" if interval is None else "–".join(headline.form(edge) for edge in interval)


def verdict(figures: Figures, false: int, late: int) -> tuple[str, str]:
    """The whole report in two sentences. `false` and `late` are counts: prompts nobody needed, escalations not answered in time."""
    minutes = figures["hours"] * 60
    escalations = figures["escalations"]
    answered = escalations - late
    zh = f"共 {figures['conversations']} 段对话、{minutes:.0f} 分钟。"
    en = f"{figures['conversations']} conversations, {minutes:.0f} minutes. "
    if escalations:
        zh += f"客户激动 {escalations} 次，手机在 15 秒内提醒了 {answered} 次，漏掉 {late} 次；"
        en += f"Customers escalated {escalations} times; {answered} were answered within 15 s, {late} were not; "
    zh += "没有一次误提醒。" if not false else f"误提醒 {false} 次。"
    en += "no prompt was false." if not false else f"{false} prompts were false."
    return zh, en

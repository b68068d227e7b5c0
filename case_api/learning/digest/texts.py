"""What the week's digest says, in Chinese and in English. What customers said stays as it was."""

from __future__ import annotations

from functools import partial
from typing import Final

from case_api.documents.texts import filled

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("投诉沟通周报", "Complaints of the week"),
    "number": ("周报 {week}", "Digest {week}"),
    "span": ("{first} 至 {last}", "{first} to {last}"),
    "week": ("统计周", "Week"),
    "sessions": ("录音会话", "Recorded conversations"),
    "escalated": ("情绪升级", "Escalated"),
    "against": ("{now}（上周 {before}）", "{now} (week before: {before})"),
    "of": ("{name} {value}", "{name}: {value}"),
    "terms": ("高频投诉词", "What was complained of"),
    "complained": ("大家在抱怨什么", "What customers complain of"),
    "term": ("词条", "Term"),
    "now": ("本周会话", "This week"),
    "before": ("上周会话", "Week before"),
    "no_terms": ("本周没有投诉词。", "No complaint term this week."),
    "new": ("新出现的说法", "New phrases"),
    "phrase": ("{text}（{sessions} 次会话）", "{text} ({sessions} conversations)"),
    "no_new": ("没有明显的新说法。", "None that is more than chance."),
    "groups": ("投诉归类与典型原话", "Complaints in groups, with typical words"),
    "no_groups": ("本周的投诉太少，无法归类。", "Too few complaints this week to group."),
    "group": ("{number}. {label} —— {about}", "{number}. {label}: {about}"),
    "about": (
        "{size} 句，来自 {sessions} 次会话；主要原因：{cause}{said}",
        "{size} sentences of {sessions} conversations; mostly {cause}{said}",
    ),
    "often": ("；常见词：{terms}", "; terms: {terms}"),
    "unknown": ("未归因", "no cause known"),
    "mixed": ("（这一组可能不止一个意思）", " (this group may mean several things)"),
    "comma": ("、", ", "),
    "when": ("{day} · {minutes}分{seconds:02d}秒", "{day} · {minutes}:{seconds:02d}"),
    "play": ("▶ 回放 {when}", "▶ Play {when}"),
    "ask": ("下次遇到，可以怎么说？", "What could be said the next time?"),
    "played": (
        "点「▶」或输入网址，登录后从该句开始回放；只能听自己有权限的会话。",
        "Click ▶ or type the address and sign in: it plays from this sentence on, for whoever may hear that conversation. ",
    ),
    "masked": (
        "姓名、电话、证件、账号与地址已隐去。仅供培训，不用于考核。",
        "Names, phones, IDs, accounts and addresses are masked. For training, not for appraisal.",
    ),
}

text = partial(filled, TEXTS)
"""One of them, filled in: `text(language, key, ...)`."""

"""The report as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from typing import Any

from audio_service.evaluation.ablation import Ablation
from audio_service.evaluation.chart import LEVELS, NARROW, VERDICTS, WHO, WIDE, Chart
from audio_service.evaluation.report import Case, Evaluation
from audio_service.evaluation.wording import HEADLINES, Headline, kind_name, lookup, range_of, shown, verdict

Cells = Sequence[tuple[str, bool]]
"""A table's columns: caption, and whether it holds numbers."""


def page(evaluation: Evaluation, ablation: Ablation | None = None) -> str:
    """The whole file. Everything that comes from a corpus is escaped."""
    style = resources.files("audio_service.evaluation").joinpath("report.css").read_text(encoding="utf-8")
    title = f"激动检测评估报告 · {evaluation.about['corpus']}"
    body = "".join([*_summary(evaluation), *_kinds(evaluation), *_cases(evaluation), *_ablation(ablation), *_method(evaluation)])
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def _both(zh: str, en: str) -> str:
    return f'{escape(zh)} <span class="en" lang="en">{escape(en)}</span>'


def _summary(evaluation: Evaluation) -> Iterator[str]:
    document, about, counted = evaluation.document, evaluation.about, evaluation.tally
    yield f"<h1>{_both('激动检测评估报告', 'How well the desk hears an escalation')}</h1>"
    enrolled = "员工声音已注册" if about["enrolled"] else "员工声音未注册（staff not enrolled）"
    yield f'<p class="soft">{escape(about["corpus"])} · {escape(about["date"])} · {enrolled} · Calmdesk {escape(about["version"])}</p>'
    zh, en = verdict(document["all"], counted.false, counted.escalations - counted.hits)
    yield f'<p class="verdict">{escape(zh)}<br><span class="en" lang="en">{escape(en)}</span></p>'
    if evaluation.missing:
        names = escape(", ".join(evaluation.missing))
        yield f'<p class="note">{_both("以下对话没有结果，未计入：", "not heard and not counted:")} {names}</p>'
    spoiled = [case.conversation.id for case in evaluation.cases if case.spoiled]
    if spoiled:
        names = escape(", ".join(spoiled))
        yield f'<p class="note">{_both("以下对话中有话没来得及处理，结果不可信：", "part of these was not heard, doubtful:")} {names}</p>'
    yield f'<h2>{_both("数字与含义", "The figures and what they mean")}</h2><div class="cards">'
    for headline in HEADLINES:
        yield _card(headline, document)
    yield "</div>"


def _card(headline: Headline, document: dict[str, Any]) -> str:
    value = lookup(document["all"], headline.path)
    interval = document["exact"].get(headline.path) or document["intervals"].get(headline.path)
    mark = ""
    if value is not None and headline.reached is not None:
        good = headline.reached(value)
        sign = "✓ 达标" if good else "✗ 未达标"
        mark = f'<span class="mark {"good" if good else "bad"}">{sign}（{escape(headline.target)}）</span>'
    between = range_of(headline, interval) if value is not None else ""
    span = f'<span title="95 % interval">可信范围 {escape(between)}</span>' if between else ""
    meaning = _both(headline.meaning_zh, headline.meaning_en)
    return (
        f'<section class="card"><div class="name">{_both(headline.zh, headline.en)}</div>'
        f'<div class="value">{escape(shown(headline, value))}</div><div class="range">{mark} {span}</div>'
        f'<div class="meaning">{meaning}</div></section>'
    )


def table(columns: Cells, rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls by itself on a narrow screen. Cells are escaped."""

    def cells(tag: str, values: Sequence[str]) -> str:
        kinds = [' class="number"' if number else "" for _, number in columns]
        return "".join(f"<{tag}{kind}>{escape(value)}</{tag}>" for kind, value in zip(kinds, values, strict=True))

    head = cells("th", [caption for caption, _ in columns])
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _number(value: float | None, digits: int = 2) -> str:
    return "—" if value is None else f"{value:.{digits}f}"


def _kinds(evaluation: Evaluation) -> Iterator[str]:
    yield f"<h2>{_both('按情形', 'By kind of conversation')}</h2>"
    yield f"<p>{_both('除“客户激动”外，其余都是不该提醒的情形。', 'Every kind but the first must stay silent.')}</p>"
    rows = []
    for kind, found in sorted(evaluation.document["kinds"].items(), key=lambda item: (item[1]["escalations"] == 0, item[0])):
        false = sum(found["false_by_kind"].values())
        recall = "—" if found["recall"] is None else f"{round(found['recall'] * found['escalations'])} / {found['escalations']}"
        delay, right = found["delay_s"]["median"], found["attribution"]["right"]
        rows.append([kind_name(kind), str(found["conversations"]), recall, _number(delay, 1), str(false), _number(right, 3)])
    columns = [
        ("情形 kind", False),
        ("段数", True),
        ("及时提醒 answered", True),
        ("反应 s", True),
        ("误提醒 false", True),
        ("说话人 right", True),
    ]
    yield table(columns, rows)


def _cases(evaluation: Evaluation) -> Iterator[str]:
    yield f"<h2>{_both('逐段查看（问题最大的在前）', 'Conversation by conversation, worst first')}</h2>"
    yield _legend("谁 who", WHO) + _legend("情绪 level", LEVELS)
    marks = (
        ("usual", "该客户平时", "this customer’s usual"),
        ("truth", "标注为激动", "labelled agitated"),
        ("keyword", "关键词", "keyword"),
    )
    items = "".join(f'<span><i class="{name}"></i>{_both(zh, en)}</span>' for name, zh, en in marks)
    yield f'<div class="legend"><span class="soft">标记 marks</span>{items}</div>'
    for number, case in enumerate(evaluation.cases):
        yield _case(case, f"c{number}")


def _legend(caption: str, names: dict[str, str]) -> str:
    items = "".join(f'<span><i class="{key}"></i>{escape(name)}</span>' for key, name in names.items())
    return f'<div class="legend"><span class="soft">{caption}</span>{items}</div>'


def outcome(case: Case) -> tuple[str, bool]:
    """How a conversation went, in a few words, and whether that is good."""
    tally = case.tally
    false = f"误提醒 {tally.false} 次" if tally.false else ""
    if not tally.escalations:
        return (f"✗ {false}", False) if false else ("✓ 没有误提醒", True)
    if not tally.hits:
        return "；".join(part for part in ("✗ 15 秒内没有提醒", false) if part), False
    return "；".join(part for part in (f"✓ 激动后 {tally.delays[0]:.1f} 秒提醒", false) if part), not false


def _case(case: Case, key: str) -> str:
    conversation = case.conversation
    words, good = outcome(case)
    onset, offset = conversation.onset, conversation.offset
    agitation = "没有标注激动" if onset is None or offset is None else f"标注激动 {onset:.1f}–{offset:.1f} 秒"
    prompts = "，".join(f"{VERDICTS[prompt.verdict]} {prompt.at:.1f} 秒" for prompt in case.view.prompts) or "没有安抚提示"
    description = f"{conversation.seconds:.0f} 秒；{agitation}；{prompts}"
    title = f"{conversation.id} {kind_name(conversation.kind)}：{words}"
    wide = Chart(case.view, WIDE).draw(f"{key}w", title, description)
    narrow = Chart(case.view, NARROW).draw(f"{key}n", title, description)
    reasons = "".join(
        f"<p>{VERDICTS[prompt.verdict]} {prompt.at:.1f} 秒：{escape('，'.join(prompt.reasons))}</p>" for prompt in case.view.prompts
    )
    colour = "good" if good else "bad"
    return (
        f'<section class="case" id="{escape(conversation.id)}"><h3>{escape(conversation.id)}'
        f'<span class="soft">{escape(kind_name(conversation.kind))}</span><span class="{colour}">{escape(words)}</span></h3>'
        f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>{reasons}'
        f'<p class="soft">{_both("最高证据", "highest evidence")} {case.closest:.1f}</p>'
        f"<details><summary>{_both('文字与数字', 'text and numbers')}</summary>{_turns(case)}</details></section>"
    )


def _turns(case: Case) -> str:
    """What the picture shows, as a table: for screen readers, and for whoever wants to check the words."""
    rows = []
    for turn, heard in zip(case.conversation.turns, case.heard, strict=True):
        rows.append([f"{turn.start:.1f}–{turn.end:.1f}", WHO[turn.role], turn.text, heard or "—", "，".join(turn.keywords)])
    return table([("秒 s", False), ("谁 who", False), ("说的 said", False), ("听到 heard", False), ("关键词", False)], rows)


def _ablation(ablation: Ablation | None) -> Iterator[str]:
    if ablation is None:
        return
    yield f"<h2>{_both('去掉一项会怎样', 'What each part is worth')}</h2>"
    zh, en = (
        "每次去掉一个线索或一道防护，重跑听觉部分；文字取自已有的记录。",
        "One cue or guard removed at a time; the ear again, with known words.",
    )
    if not ablation.worded:
        zh, en = "每次去掉一个线索或一道防护，重跑听觉部分；不含文字。", "One cue or guard removed at a time; the ear again, without words."
    yield f"<p>{_both(zh, en)}</p>"
    rows = [
        [row.name, f"{row.hits} / {row.escalations}", _number(row.delay_median, 1), _number(row.delay_p90, 1), _number(row.false_per_hour),
         _number(row.right, 3), _number(row.wrong, 3)]
        for row in ablation.rows
    ]  # fmt: skip
    columns = [
        ("去掉 removed", False),
        ("及时 answered", True),
        ("中位 s", True),
        ("p90 s", True),
        ("误提醒/时", True),
        ("对 right", True),
        ("错 wrong", True),
    ]
    yield table(columns, rows)


def _method(evaluation: Evaluation) -> Iterator[str]:
    document = evaluation.document
    yield f"<h2>{_both('怎么算的、可信到什么程度', 'Method and limits')}</h2>"
    yield (
        "<p>每段录音按手机的方式送进真正的服务，收到的每条消息都与人工标注对照；比实时快，结果与现场相同。"
        "“可信范围”是 95% 区间：及时率与误提醒按次数精确计算，其余把对话重新抽样 2000 次得出。对话少，范围就宽。"
        "这些数字只说明这批录音；换了房间、方言、手机，请用自己的录音标注后再测。</p>"
        '<p class="en" lang="en">Every recording is played into the real service as a phone would, faster than real time with the same '
        "outcome. Intervals are 95 %: exact for recall and false prompts, else conversations drawn anew 2000 times. "
        "The figures are about these recordings only.</p>"
    )
    settings = evaluation.about["settings"]
    changed = "，".join(f"{name} = {value}" for name, value in settings.items()) if settings else "默认 default"
    pace = evaluation.speed
    played = "" if pace is None else f" · {_both('播放速度', 'played at')} ×{pace:.1f}"
    yield f'<p class="soft">{_both("检测设置", "detection settings")}: {escape(changed)}{played}</p>'
    if evaluation.real_time:
        for zh, en, name in (("提示送达", "prompts arrive after", "late_s"), ("文字送达", "text arrives after", "final_late_s")):
            late = document["all"][name]
            yield f"<p>{_both(zh, en)}: {_number(late['median'])} s（p95 {_number(late['p95'])} s）</p>"

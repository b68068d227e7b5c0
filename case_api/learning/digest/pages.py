"""The week's digest to hand out (PDF) and to show on a wall (HTML, one screen a topic). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from case_api.documents.pdf import Document
from case_api.learning.digest.schemas import ClusterOut, Digest, QuoteOut
from models.sites import CHINA

CAUSES = {
    "family": "家庭决策",
    "cash_flow": "资金",
    "competitor": "竞品比较",
    "quality": "质量",
    "delay": "延期",
    "other": "其他",
    "any": "其他",
    "unknown": "未归因",
}
PLAYED = "点「▶」或输入网址，登录后从该句开始回放；只能听自己有权限的会话。"
MASKED = "姓名、电话、证件、账号与地址已隐去。仅供培训，不用于考核。"
_STYLE = """
html{scroll-snap-type:y mandatory;font-family:"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733}
body{margin:0}section{min-height:100vh;box-sizing:border-box;padding:6vh 8vw;scroll-snap-align:start;border-bottom:1px solid #dde3ea}
h1{font-size:3rem;margin:0 0 2rem}h2{font-size:2.2rem;margin:0 0 1.5rem}p,li,td,th{font-size:1.5rem;line-height:1.6}
td,th{text-align:left;padding:.3rem 1.5rem .3rem 0}td.n,th.n{text-align:right}blockquote{margin:1rem 0;padding:.8rem 1.2rem;line-height:1.6}
blockquote{background:#f1f4f8;font-size:1.6rem}
a{color:#fff;background:#0b6b60;border-radius:.4rem;padding:.5rem .9rem;font-size:1.1rem;text-decoration:none;white-space:nowrap}
@media print{a{color:#0b6b60;background:none;padding:0}}small{color:#5c6b7a;font-size:1.1rem}
"""


def _when(quote: QuoteOut) -> str:
    """The day of the conversation, and the minute in it."""
    return f"{quote.started_at.astimezone(CHINA):%m-%d} · {int(quote.at) // 60}分{int(quote.at) % 60:02d}秒"


def _span(digest: Digest) -> str:
    return f"{digest.monday:%Y-%m-%d} 至 {digest.monday + timedelta(days=6):%Y-%m-%d}"


def _about(group: ClusterOut) -> str:
    said = f"；常见词：{'、'.join(group.terms)}" if group.terms else ""
    return f"{group.size} 句，来自 {group.sessions} 次会话；主要原因：{CAUSES.get(group.cause, group.cause)}{said}"


def document(digest: Digest, made_at: datetime, base: str) -> Document:
    """To hand out. Every quote says where it can be listened to."""
    sheet = Document("投诉沟通周报", f"周报 {digest.monday:%G-W%V}", made_at)
    sheet.facts(
        [
            ("统计周", _span(digest)),
            ("录音会话", f"{digest.sessions}（上周 {digest.sessions_before}）"),
            ("情绪升级", f"{digest.escalated}（上周 {digest.escalated_before}）"),
        ]
    )
    sheet.heading("高频投诉词")
    if digest.terms:
        rows = [(one.term, str(one.sessions), str(one.before)) for one in digest.terms]
        sheet.table(("词条", "本周会话", "上周会话"), rows, columns=("text", "number", "number"), widths=(40, 20, 20))
    else:
        sheet.paragraph("本周没有投诉词。")
    sheet.heading("新出现的说法")
    sheet.paragraph("、".join(f"{one.text}（{one.sessions} 次会话）" for one in digest.new_terms) or "没有明显的新说法。")
    sheet.heading("投诉归类与典型原话")
    for number, group in enumerate(digest.clusters, 1):
        sheet.paragraph(f"{number}. {group.label} —— {_about(group)}")
        for quote in group.quotes:
            sheet.paragraph(f"「{quote.text}」")
            sheet.paragraph(f"▶ {_when(quote)} · {base}{quote.review_url}", small=True, link=f"{base}{quote.review_url}")
    if not digest.clusters:
        sheet.paragraph("本周的投诉太少，无法归类。")
    sheet.paragraph(f"{PLAYED}{MASKED}", small=True)
    return sheet


def html(digest: Digest, base: str) -> str:
    """To show: one screen a topic, scrolls from one to the next; needs no script and nothing from elsewhere."""
    slides = [_first(digest), _terms(digest), *(_group(group, base) for group in digest.clusters)]
    body = "\n".join(f"<section>{slide}</section>" for slide in slides)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>投诉沟通周报</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{body}</body></html>'


def _first(digest: Digest) -> str:
    lines = [
        f"录音会话 {digest.sessions} 次（上周 {digest.sessions_before}）",
        f"情绪升级 {digest.escalated} 次（上周 {digest.escalated_before}）",
    ]
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<h1>投诉沟通周报</h1><p>{_span(digest)}</p><ul>{items}</ul><small>{PLAYED}{MASKED}</small>"


def _terms(digest: Digest) -> str:
    number = '<td class="n">{}</td>'.format
    rows = "".join(f"<tr><td>{escape(one.term)}</td>{number(one.sessions)}{number(one.before)}</tr>" for one in digest.terms)
    head = '<tr><th>词条</th><th class="n">本周</th><th class="n">上周</th></tr>'
    table = f"<table>{head}{rows}</table>" if rows else "<p>本周没有投诉词。</p>"
    new = "、".join(escape(one.text) for one in digest.new_terms) or "没有明显的新说法"
    return f"<h2>大家在抱怨什么</h2>{table}<p>新说法：{new}</p>"


def _group(group: ClusterOut, base: str) -> str:
    quotes = "".join(
        f"<blockquote>{escape(quote.text)} "
        f'<a href="{escape(base + quote.review_url)}" target="_blank" rel="noopener noreferrer">▶ 回放 {_when(quote)}</a></blockquote>'
        for quote in group.quotes
    )
    return f"<h2>{escape(group.label)}</h2><p>{escape(_about(group))}</p>{quotes}<p>下次遇到，可以怎么说？</p>"

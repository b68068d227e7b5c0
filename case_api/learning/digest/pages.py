"""The week's digest to hand out (PDF) and to show on a wall (HTML, one screen a topic). Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from html import escape

from case_api.documents.pdf import Document, Language
from case_api.learning.digest.schemas import ClusterOut, Digest, QuoteOut
from case_api.learning.digest.texts import text
from case_api.learning.names import VALUES
from models.sites import CHINA

Say = Callable[..., str]
"""`text` in one language."""
QUOTES = 3
"""Of a group; on the page in the console there are more."""
HTML_LANGUAGE: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
_STYLE = """
html{scroll-snap-type:y mandatory;font-family:"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733}
h3{font-size:1.7rem;margin:2rem 0 .5rem}
body{margin:0}section{min-height:100vh;box-sizing:border-box;padding:6vh 8vw;scroll-snap-align:start;border-bottom:1px solid #dde3ea}
h1{font-size:3rem;margin:0 0 2rem}h2{font-size:2.2rem;margin:0 0 1.5rem}p,li,td,th{font-size:1.5rem;line-height:1.6}
td,th{text-align:left;padding:.3rem 1.5rem .3rem 0}td.n,th.n{text-align:right}blockquote{margin:1rem 0;padding:.8rem 1.2rem;line-height:1.6}
blockquote{background:#f1f4f8;font-size:1.6rem}
a{color:#fff;background:#0b6b60;border-radius:.4rem;padding:.5rem .9rem;font-size:1.1rem;text-decoration:none;white-space:nowrap}
@media print{a{color:#0b6b60;background:none;padding:0}}small{color:#5c6b7a;font-size:1.1rem}
"""


def _when(quote: QuoteOut, t: Say) -> str:
    """The day of the conversation, and the minute in it."""
    minutes, seconds = divmod(int(quote.at), 60)
    return t("when", day=f"{quote.started_at.astimezone(CHINA):%m-%d}", minutes=minutes, seconds=seconds)


def _span(digest: Digest, t: Say) -> str:
    return t("span", first=digest.monday, last=digest.monday + timedelta(days=6))


def _counts(digest: Digest, t: Say) -> list[tuple[str, str]]:
    return [
        (t("sessions"), t("against", now=digest.sessions, before=digest.sessions_before)),
        (t("escalated"), t("against", now=digest.escalated, before=digest.escalated_before)),
    ]


def _about(group: ClusterOut, t: Say, language: Language) -> str:
    said = t("often", terms=t("comma").join(group.terms)) if group.terms else ""
    cause = VALUES["causes"].get(group.cause)
    name = t("unknown") if cause is None else cause[language == "en"]
    about = t("about", size=group.size, sessions=group.sessions, cause=name, said=said)
    return about + t("mixed") if group.mixed else about


def document(digest: Digest, made_at: datetime, base: str, language: Language = "zh") -> Document:
    """To hand out. Every quote says where it can be listened to."""
    t = partial(text, language)
    sheet = Document(t("title"), t("number", week=f"{digest.monday:%G-W%V}"), made_at, language=language)
    sheet.facts([(t("week"), _span(digest, t)), *_counts(digest, t)])
    sheet.heading(t("terms"))
    if digest.terms:
        rows = [(one.term, str(one.sessions), str(one.before)) for one in digest.terms]
        sheet.table((t("term"), t("now"), t("before")), rows, columns=("text", "number", "number"), widths=(40, 20, 20))
    else:
        sheet.paragraph(t("no_terms"))
    sheet.heading(t("new"))
    sheet.paragraph(_new(digest, t))
    sheet.heading(t("groups"))
    for number, group in enumerate(digest.clusters, 1):
        sheet.paragraph(t("group", number=number, label=group.label, about=_about(group, t, language)))
        for quote in group.quotes[:QUOTES]:
            sheet.paragraph(f"「{quote.text}」")
            sheet.paragraph(f"▶ {_when(quote, t)} · {base}{quote.review_url}", small=True, link=f"{base}{quote.review_url}")
    if not digest.clusters:
        sheet.paragraph(t("no_groups"))
    sheet.paragraph(f"{t('played')}{t('masked')}", small=True)
    return sheet


def _new(digest: Digest, t: Say) -> str:
    return t("comma").join(t("phrase", text=one.text, sessions=one.sessions) for one in digest.new_terms) or t("no_new")


def html(digest: Digest, base: str, language: Language = "zh") -> str:
    """To show: one screen a topic, scrolls from one to the next; needs no script and nothing from elsewhere."""
    t = partial(text, language)
    slides = [_first(digest, t), _terms(digest, t), *(_group(group, base, t, language) for group in digest.clusters)]
    body = "\n".join(f"<section>{slide}</section>" for slide in slides)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{t("title")}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="{HTML_LANGUAGE[language]}"><head>{head}</head><body>{body}</body></html>'


def _first(digest: Digest, t: Say) -> str:
    items = "".join(f"<li>{t('of', name=name, value=value)}</li>" for name, value in _counts(digest, t))
    return f"<h1>{t('title')}</h1><p>{_span(digest, t)}</p><ul>{items}</ul><small>{t('played')}{t('masked')}</small>"


def _terms(digest: Digest, t: Say) -> str:
    number = '<td class="n">{}</td>'.format
    rows = "".join(f"<tr><td>{escape(one.term)}</td>{number(one.sessions)}{number(one.before)}</tr>" for one in digest.terms)
    head = f'<tr><th>{t("term")}</th><th class="n">{t("now")}</th><th class="n">{t("before")}</th></tr>'
    table = f"<table>{head}{rows}</table>" if rows else f"<p>{t('no_terms')}</p>"
    return f"<h2>{t('complained')}</h2>{table}<h3>{t('new')}</h3><p>{escape(_new(digest, t))}</p>"


def _group(group: ClusterOut, base: str, t: Say, language: Language) -> str:
    quotes = "".join(
        f"<blockquote>{escape(quote.text)} "
        f'<a href="{escape(base + quote.review_url)}" target="_blank" rel="noopener noreferrer">{t("play", when=_when(quote, t))}</a>'
        "</blockquote>"
        for quote in group.quotes[:QUOTES]
    )
    return f"<h2>{escape(group.label)}</h2><p>{escape(_about(group, t, language))}</p>{quotes}<p>{t('ask')}</p>"

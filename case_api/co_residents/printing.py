"""The acknowledgement on paper, to sign or as it was signed. Pure."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from case_api.co_residents.rules import signers
from case_api.documents.pdf import Document
from models.co_residents import CoResidentAck

TITLE = "共居人知情确认书"


def document(row: CoResidentAck, text: str, site: str, timezone: str, witness: str) -> Document:
    """The paper. The same acknowledgement gives the same file; `text` is the wording that was shown."""
    zone = ZoneInfo(timezone)
    paper = Document(TITLE, f"{row.notice_version} · {(row.digest or row.id)[:16]}", row.signed_at or row.created_at)
    paper.facts(
        [
            ("案场", site),
            ("客户", row.customer_label or "—"),
            ("客户编号", row.customer_reference or "—"),
            ("房源", row.unit_reference or "—"),
        ]
    )
    paper.table(
        ["姓名", "与买受人关系", "出资", "决策", "居住"],
        [
            [person["name"], person["relation"] or "—", *(_tick(person[what]) for what in ("pays", "decides", "lives"))]
            for person in row.people
        ],
        columns=["text"] * 5,
        widths=[4, 4, 2, 2, 2],
    )
    for sentence in text.split("\n"):
        paper.paragraph(sentence)
    if row.status == "withdrawn":
        paper.paragraph(f"本确认书已撤回：{row.withdrawn_reason}")
    if row.signatures is None:
        paper.signatures([*signers(row.people), "见证人（案场）"])
    else:
        assert row.signed_at is not None
        when = f"{row.signed_at.astimezone(zone):%Y-%m-%d %H:%M}"
        for one in row.signatures:
            paper.drawn(one["name"], when, _strokes(one["strokes"]))
        paper.paragraph(f"屏幕签署，见证人：{witness}。")
    if row.digest is not None:
        paper.paragraph(f"校验码（SHA-256）：{row.digest}", small=True)
    return paper


def _tick(yes: bool) -> str:
    return "是" if yes else "—"


def _strokes(strokes: list[Any]) -> list[list[tuple[int, int]]]:
    return [[(x, y) for x, y in stroke] for stroke in strokes]

"""An offer on paper: every path with its arithmetic, for the customer to read and sign. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from case_api.documents.pdf import Document
from case_api.money import yuan
from case_api.solutions.rules import Direction, Price

_TOTALS: dict[Direction, str] = {"refund": "公司应退合计", "benefit": "附加权益价值合计", "charge": "客户应付合计"}
_SUBJECT_TO_APPROVAL = (
    "本方案书所列各方案均须经公司内部审批通过后方可生效；审批通过之前，不构成公司的承诺，双方原有合同权利义务不变。"
    "除本方案书明确列出的内容外，任何口头或其他形式的说明均不构成对公司的约束。"
)
_HOW_TO_ANSWER = "请在所选方案前的方框内打勾并签字。逾有效期未答复的，本方案书自动失效。"
_ROUNDING = "金额计算精确到分，每一行四舍六入五成双。"


def document(snapshot: Mapping[str, Any], sha256: str) -> Document:
    """The offer as a document. The same offer gives the same paper, whenever it is printed."""
    zone = ZoneInfo(snapshot["site"]["timezone"])
    offered_at = datetime.fromisoformat(snapshot["offered_at"])
    case = snapshot["case"]
    paper = Document("退房处理方案书", f"{case['code']} · 方案书第 {snapshot['number']} 号 · {sha256[:16]}", offered_at)
    paper.facts(
        [
            ("案件编号", case["code"]),
            ("案场", snapshot["site"]["name"]),
            ("客户", case["customer_label"]),
            ("房源", case["unit_label"] or "—"),
            ("出具日期", _day(offered_at, zone)),
            ("有效期至", f"{datetime.fromisoformat(snapshot['valid_until']).astimezone(zone):%Y 年 %m 月 %d 日 %H:%M}"),
        ]
    )
    for number, path in enumerate(snapshot["paths"], 1):
        _path(paper, number, path)
    paper.heading("说明")
    paper.paragraph(_SUBJECT_TO_APPROVAL)
    paper.paragraph(_HOW_TO_ANSWER)
    paper.paragraph(f"{_ROUNDING}方案书校验码（SHA-256）：{sha256}", small=True)
    paper.signatures(["客户签字", "案场经理签字"])
    return paper


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y 年 %m 月 %d 日}"


def _path(paper: Document, number: int, path: Mapping[str, Any]) -> None:
    price = Price.model_validate(path["price"])
    paper.heading(f"□ 方案 {number}　{path['name_zh']}")
    for sentence in _conditions(path["kind"], path["terms"]):
        paper.paragraph(sentence)
    rows = [(line.label_zh, line.formula, _signed(line.fen)) for line in price.lines]
    rows.append((_TOTALS[price.direction], "", _signed(price.total_fen)))
    paper.table(["项目", "计算", "金额"], rows, columns=["text", "text", "number"], widths=[5, 6, 3], total=True)
    if len(price.dues) > 1:
        names = {"buyer": "买受人", "bank": "贷款银行"}
        paper.paragraph("其中：" + "；".join(f"支付给{names[due.role]} {yuan(due.fen)}" for due in price.dues) + "。")


def _conditions(kind: str, terms: Mapping[str, Any]) -> list[str]:
    match kind:
        case "keep_with_benefits":
            return ["继续履行原合同，另享下列权益；权益不折现、不转让。"]
        case "transfer":
            return [f"房源转让给接替人（{terms['successor']}），转让手续费按下列比例减免。"]
        case "deferral":
            overdue = f"自审批通过之日起宽限 {terms['days']} 天付清逾期款项 {yuan(terms['overdue_fen'])}"
            return [f"{overdue}，并按日收取滞纳金；期满未付清的，本方案失效。"]
        case "referral":
            return [f"客户推荐的接盘买家在 {terms['within_days']} 天内完成认购的，返还下列部分定金。"]
        case "rescission" if terms["court"] is not None:
            return [f"按裁判文书（{terms['court']['document_no']}）解除合同并退款。"]
        case _:
            return ["双方协议解除合同，按下列计算退款。"]


def _signed(fen: int) -> str:
    return f"−{yuan(-fen)}" if fen < 0 else yuan(fen)

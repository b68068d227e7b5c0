"""Why customers withdraw, and what each cause calls for (source: 「突发退房背后的三大常见动因」). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal["family", "cash_flow", "competitor", "quality", "delay", "other"]


@dataclass(frozen=True, slots=True)
class CauseMeaning:
    """One entry of the taxonomy: its name, and what the desk does about it, in Chinese and English."""

    zh: str
    en: str
    calls_for_zh: tuple[str, ...]
    calls_for_en: tuple[str, ...]


CAUSES: dict[Cause, CauseMeaning] = {
    "family": CauseMeaning(
        "家庭决策分歧",
        "family disagreement",
        ("核对认购时是否签署《共居人知情确认书》", "邀请未看房的主要决策者到场看房"),
        ("Check whether the co-resident acknowledgement was signed at subscription", "Invite the decision-maker who never saw the unit"),
    ),
    "cash_flow": CauseMeaning(
        "资金链临时断裂",
        "cash-flow break",
        (
            "首次提出延期付款：宽限 7-10 天并收取滞纳金",
            "明确无力履约：启动退房流程，同步释放房源",
            "有转介意向：引导推荐接盘买家，成交后返还部分定金",
        ),
        (
            "First request: 7 to 10 days' grace with a late fee",
            "Clearly unable to pay: start the withdrawal and release the unit at once",
            "Willing to refer a buyer: part of the deposit goes back when the successor buys",
        ),
    ),
    "competitor": CauseMeaning(
        "竞品对比落差",
        "competitor comparison",
        ("核实竞品政策，评估是否可匹配", "可从动态权益响应池提供附加权益（物业费、智能家居包等）"),
        ("Verify the competitor's offer and judge whether it can be matched", "Benefits may be drawn from the benefit pool"),
    ),
    "quality": CauseMeaning(
        "房屋质量或交付标准",
        "quality or delivery standard",
        ("由工程核查并留存现场证据", "书面答复整改方案和时间"),
        ("Have it inspected and keep the evidence", "Answer in writing with the remedy and its date"),
    ),
    "delay": CauseMeaning(
        "交付延期",
        "late delivery",
        ("核对合同约定的交付日期和延期责任条款", "由法务确认客户是否享有解除权"),
        ("Check the agreed delivery date and the clause on delay", "Legal confirms whether the customer may rescind"),
    ),
    "other": CauseMeaning(
        "其他",
        "other",
        ("按客户原话记录，用于发现新的退房动因",),
        ("Write down the customer's own words: new causes are found in them",),
    ),
}


def cause_named(text: str) -> Cause | None:
    """The cause of this code or Chinese name, as written in an imported file; None for anything else."""
    wanted = text.strip().casefold()
    return next((code for code, meaning in CAUSES.items() if wanted in {code, meaning.zh, meaning.en}), None)

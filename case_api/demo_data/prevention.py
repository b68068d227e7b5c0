"""What the demonstration's people did before anybody withdrew: co-residents signed, competitors' offers were verified. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from case_api.co_residents.service import digest
from case_api.competitors.schemas import DeliveryItem, JudgedItem, PriceItem
from case_api.competitors.service import side_by_side
from case_api.demo_data import SITES
from case_api.demo_data.rows import MARK, Rows
from case_api.demo_data.story import SURNAMES
from case_api.notices import current_notice
from models.co_residents import CoResidentAck
from models.competitors import CompetitorOffer

# The unit, days ago, and who: name, relation, and which of pays, decides, lives they do. The last has not been signed yet.
ACKS: Final = (
    ("15栋1201", 46, (("先生", "买受人", "pd"), ("女士", "配偶", "pdl"))),
    ("15栋0802", 33, (("女士", "买受人", "pdl"), ("先生", "父亲", "p"))),
    ("16栋2303", 21, (("女士", "买受人", "pdl"), ("先生", "配偶", "dl"))),
    ("16栋0601", 9, (("先生", "买受人", "pdl"), ("女士", "母亲", "pl"))),
    ("15栋1704", 1, (("先生", "买受人", "pd"), ("女士", "配偶", "dl"))),
)
PARTS: Final = {"pays": "p", "decides": "d", "lives": "l"}
STROKES: Final = [[(160 + 34 * x, 130 + 130 * (x % 3 == 1) + 40 * (x % 2)) for x in range(16)], [(240, 300), (420, 230), (700, 310)]]

# The competitor, what it is said to offer, days ago, what came of asking; its price and ours (yuan), deliveries, whether it can be matched.
OFFERS: Final = (
    ("滨江壹号", "同户型总价 298 万，再送一个车位", 2, None, None, None, None),
    ("云栖里", "首付两成分期一年，月底前签约再减 3 万", 8, "unclear", None, None, None),
    ("锦绣华庭", "精装升级，总价 305 万", 20, "true", (3_050_000, 3_120_000), ("2027-12-31", "2027-06-30"), "partly"),
    ("南湖公馆", "一口价 276 万，明年春节前交付", 41, "false", (2_890_000, 2_860_000), ("2027-09-30", "2027-06-30"), "yes"),
)
PROOFS: Final = {
    "true": "致电对方案场并拍到价目表，属实",
    "false": "对方案场否认，价目表为 289 万",
    "unclear": "对方只口头答复，未给书面材料",
}
JUDGEMENTS: Final = {
    "partly": "交付更早；差价以两年物业费和车位优惠抵去大半",
    "yes": "核实后我方价格更低、交付更早，向客户出示对比即可",
}


def write(rows: Rows) -> None:
    """Both at both sites."""
    for place, site in enumerate(SITES):
        for number, (unit, ago, people) in enumerate(ACKS):
            _ack(
                rows,
                site,
                number,
                unit,
                ago,
                [(SURNAMES[(place + 2 * number + k) % len(SURNAMES)] + name, *who) for k, (name, *who) in enumerate(people)],
            )
        for number, offer in enumerate(OFFERS):
            _offer(rows, site, number, *offer)


def _ack(rows: Rows, site: str, number: int, unit: str, ago: int, people: list[tuple[str, ...]]) -> None:
    residents: list[dict[str, Any]] = [
        {"name": name, "relation": relation, "signs": True} | {part: mark in does for part, mark in PARTS.items()}
        for name, relation, does in people
    ]
    made: dict[str, Any] = {
        "id": rows.id("ack", site, number),
        "site_id": rows.sites[site],
        "customer_reference": "",
        "unit_reference": unit,
        "customer_label": people[0][0],
        "people": residents,
        "names": "\n".join(person["name"] for person in residents),
        "notice_version": current_notice("co_residents").version,
        "status": "draft",
        "scan_name": "",
        "withdrawn_reason": "",
        "created_by": rows.people[site, "staff"],
        "created_at": rows.now - timedelta(days=ago),
        "version": 1,
    }
    unsigned = {"method": None, "signatures": None, "signed_at": None, "witnessed_by": None, "digest": None}
    if number == len(ACKS) - 1:
        rows.add(CoResidentAck, **made, **unsigned)
        return
    drawn = [{"name": person["name"], "strokes": [[list(point) for point in stroke] for stroke in STROKES]} for person in residents]
    made |= {"status": "signed", "version": 2, "signed_at": made["created_at"] + timedelta(minutes=12), "method": "screen"}
    made |= {"signatures": drawn, "witnessed_by": rows.people[site, "staff"]}
    rows.add(CoResidentAck, **made, digest=digest(CoResidentAck(**made)))


def _offer(
    rows: Rows,
    site: str,
    number: int,
    competitor: str,
    offered: str,
    ago: int,
    outcome: str | None,
    prices: tuple[int, int] | None,
    deliveries: tuple[str, str] | None,
    matchable: str | None,
) -> None:
    heard, marketing = rows.now - timedelta(days=ago), rows.people[site, "marketing"]
    told: dict[str, Any] = {
        "competitor": competitor,
        "offered": f"{offered}（{MARK}）",
        "heard_by": rows.people[site, "staff_2"],
        "heard_at": heard,
    }
    told |= {"created_by": rows.people[site, "staff_2"], "created_at": heard, "comparison": [], "judgement": "", "version": 1}
    told |= {"outcome": outcome, "proof": PROOFS.get(outcome or "", ""), "verified_by": None, "verified_at": None}
    if outcome is not None:
        told |= {"verified_by": marketing, "verified_at": heard + timedelta(hours=5)}
    told |= {"matchable": matchable, "compared_by": None, "compared_at": None}
    if prices is not None and deliveries is not None and matchable is not None:
        theirs, ours = (date.fromisoformat(day) for day in deliveries)
        items = (
            PriceItem(item="price", theirs_fen=prices[0] * 100, ours_fen=prices[1] * 100),
            DeliveryItem(item="delivery_date", theirs_on=theirs, ours_on=ours),
            JudgedItem(item="fittings", theirs="精装，国产品牌", ours="精装，含中央空调", better="ours"),
        )
        told |= {"comparison": [side_by_side(item).model_dump() for item in items], "judgement": JUDGEMENTS[matchable]}
        told |= {"compared_by": marketing, "compared_at": heard + timedelta(hours=6)}
    rows.add(CompetitorOffer, id=rows.id("competitor", site, number), site_id=rows.sites[site], **told)

"""When the 《退房原因初步登记表》 is complete (「四步法·第一步」: every row of its table). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from case_api.intake.receipts import ReceiptKind

Alternative = Literal["yes", "no", "to_discuss"]
MissingKind = Literal["field", "check"]

MISSING: dict[str, tuple[MissingKind, str, str]] = {
    "customer_name": ("field", "请填写客户实名", "The customer's real name"),
    "id_number": ("field", "请填写证件号码", "The number of the ID"),
    "id_scan": ("field", "请上传证件扫描件，或说明未能扫描的原因", "A scan of the ID, or why there is none"),
    "phone": ("field", "请填写手机号", "The phone number"),
    "subscription_date": ("field", "请填写认购日期", "The date of subscription"),
    "building": ("field", "请填写楼栋", "The building"),
    "unit": ("field", "请填写房号", "The unit"),
    "unit_type": ("field", "请填写户型", "The type of the unit"),
    "price_fen": ("field", "收取定金的须填写总价，用于核对 20% 上限", "The price: earnest money is limited to 20 % of it"),
    "receipt_wording": ("field", "请照录收据原文", "The exact wording of the receipt"),
    "receipt_kind": ("field", "请选择款项性质（定金/订金/其他）", "The kind of the payment (定金/订金/other)"),
    "receipt_amount_fen": ("field", "请填写收据金额", "The amount of the receipt"),
    "causes": ("field", "请勾选至少一项退房主因", "At least one cause"),
    "cause_text": ("field", "请记录客户的原话描述", "The cause in the customer's own words"),
    "alternative": ("field", "请确认客户是否接受替代方案", "Whether the customer would accept an alternative"),
    "alternative_recording": (
        "field",
        "请关联口头确认的录音位置，或说明未录音的原因",
        "The recorded moment of the oral confirmation, or why it was not recorded",
    ),
    "responsible_id": ("field", "请登记直接责任顾问", "The consultant who is directly responsible"),
    "receptionist_id": ("field", "请指派接待人", "The receptionist"),
    "phone_verified": ("check", "请用验证码核实手机号，或说明未能核实的原因", "The phone number's code, or why it could not be verified"),
    "erp_check": ("check", "请与 ERP 记录核对", "The comparison with the ERP's records"),
    "erp_stale": ("check", "核对后表单已修改，请重新核对 ERP", "The form was changed after the comparison with the ERP; compare again"),
    "erp_mismatch": ("check", "与 ERP 记录不一致，请更正或说明原因", "It differs from the ERP's records: correct it, or say why"),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """What still has to be filled in (`field`) or checked (`check`); `detail` names the fields that differ."""

    field: str
    kind: MissingKind
    zh: str
    en: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ErpState:
    """The newest comparison: whether there is one, whether the form was changed since, and what differs without a reason."""

    checked: bool
    stale: bool
    open_fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands; empty text and None are "not filled in". `erp` None: there is no ERP to compare with."""

    customer_name: str
    id_number: str | None
    id_scan: str | None
    id_scan_missing_reason: str
    phone: str | None
    phone_verified: bool
    phone_unverified_reason: str
    subscription_date: date | None
    building: str
    unit: str
    unit_type: str
    price_fen: int | None
    receipt_wording: str
    receipt_kind: ReceiptKind | None
    receipt_amount_fen: int | None
    causes: Sequence[str]
    cause_text: str
    alternative: Alternative | None
    alternative_recorded: bool
    alternative_unrecorded_reason: str
    responsible_id: str | None
    receptionist_id: str | None
    erp: ErpState | None


_PLAIN = (
    "customer_name",
    "id_number",
    "phone",
    "subscription_date",
    "building",
    "unit",
    "unit_type",
    "receipt_wording",
    "receipt_kind",
    "causes",
    "cause_text",
    "alternative",
    "responsible_id",
    "receptionist_id",
)


def missing(form: Form) -> list[Missing]:
    """What is not there yet, in the order of the form; empty means that it may be submitted."""
    found = {name for name in _PLAIN if not getattr(form, name)}
    if form.receipt_amount_fen is None:
        found.add("receipt_amount_fen")
    if form.receipt_kind == "earnest" and not form.price_fen:
        found.add("price_fen")
    if not (form.id_scan or form.id_scan_missing_reason):
        found.add("id_scan")
    if not (form.alternative_recorded or form.alternative_unrecorded_reason):
        found.add("alternative_recording")
    if not (form.phone_verified or form.phone_unverified_reason):
        found.add("phone_verified")
    detail = ""
    if form.erp is not None:
        if not form.erp.checked:
            found.add("erp_check")
        elif form.erp.stale:
            found.add("erp_stale")
        elif form.erp.open_fields:
            found.add("erp_mismatch")
            detail = ", ".join(form.erp.open_fields)
    return [
        Missing(name, kind, zh, en, detail if name == "erp_mismatch" else "") for name, (kind, zh, en) in MISSING.items() if name in found
    ]

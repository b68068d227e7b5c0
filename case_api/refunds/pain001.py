"""The instruction as ISO 20022 `pain.001.001.09` (Customer Credit Transfer Initiation), for the bank's payment system. Pure.

One `PmtInf` with one `CdtTrfTxInf` a payee. The order of elements and the lengths are the message definition's; accounts of Chinese banks
have no IBAN, so they are `Othr`, and the paying bank is named by its CNAPS number. The payee's bank is named as the payee wrote it.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from case_api.refunds.order import CURRENCY, Order, Payment, yuan

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
MEDIA_TYPE: Final = "application/xml"


def render(order: Order) -> bytes:
    """UTF-8 XML; the same order gives the same bytes. Raises ValueError where a text is longer than the message allows."""
    document = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(document, "CstmrCdtTrfInitn")
    _group_header(initiation, order)
    _payment_information(initiation, order)
    ET.indent(document)
    written: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _text(parent: ET.Element, tag: str, text: str, limit: int) -> ET.Element:
    """An element that holds text. What XML cannot hold at all (U+FFFE, U+FFFF) is left out."""
    text = text.translate({0xFFFE: None, 0xFFFF: None})
    if not 1 <= len(text) <= limit:
        raise ValueError(f"{tag} holds 1 to {limit} characters, not {len(text)}")
    element = ET.SubElement(parent, tag)
    element.text = text
    return element


def _totals(parent: ET.Element, order: Order) -> None:
    _text(parent, "NbOfTxs", str(len(order.payments)), 15)
    _text(parent, "CtrlSum", yuan(order.total_fen), 19)


def _group_header(parent: ET.Element, order: Order) -> None:
    header = ET.SubElement(parent, "GrpHdr")
    _text(header, "MsgId", order.number, 35)
    _text(header, "CreDtTm", order.local_time.isoformat(), 35)
    _totals(header, order)
    _text(ET.SubElement(header, "InitgPty"), "Nm", order.debtor.holder, 140)


def _payment_information(parent: ET.Element, order: Order) -> None:
    information = ET.SubElement(parent, "PmtInf")
    _text(information, "PmtInfId", order.number, 35)
    _text(information, "PmtMtd", "TRF", 3)
    _totals(information, order)
    _text(ET.SubElement(information, "ReqdExctnDt"), "Dt", order.day.isoformat(), 10)
    _text(ET.SubElement(information, "Dbtr"), "Nm", order.debtor.holder, 140)
    _account(information, "DbtrAcct", order.debtor.account)
    bank = ET.SubElement(ET.SubElement(information, "DbtrAgt"), "FinInstnId")
    clearing = ET.SubElement(bank, "ClrSysMmbId")
    _text(ET.SubElement(clearing, "ClrSysId"), "Cd", "CNAPS", 5)
    _text(clearing, "MmbId", order.debtor.bank_code, 35)
    _text(bank, "Nm", order.debtor.bank, 140)
    for payment in order.payments:
        _transaction(information, payment)


def _transaction(parent: ET.Element, payment: Payment) -> None:
    transaction = ET.SubElement(parent, "CdtTrfTxInf")
    _text(ET.SubElement(transaction, "PmtId"), "EndToEndId", payment.end_to_end_id, 35)
    amount = _text(ET.SubElement(transaction, "Amt"), "InstdAmt", yuan(payment.amount_fen), 19)
    amount.set("Ccy", CURRENCY)
    _text(ET.SubElement(ET.SubElement(transaction, "CdtrAgt"), "FinInstnId"), "Nm", payment.bank, 140)
    _text(ET.SubElement(transaction, "Cdtr"), "Nm", payment.name, 140)
    _account(transaction, "CdtrAcct", payment.account)
    _text(ET.SubElement(transaction, "RmtInf"), "Ustrd", payment.remittance, 140)


def _account(parent: ET.Element, tag: str, account: str) -> None:
    identification = ET.SubElement(ET.SubElement(ET.SubElement(parent, tag), "Id"), "Othr")
    _text(identification, "Id", account, 34)

"""The files of an instruction: structure of pain.001, inert tables, the same bytes each time."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.documents.pdf import render as print_pdf
from case_api.refunds import pain001, sheet, table
from case_api.refunds.order import Debtor, Order, Payment, yuan

NS = f"{{{pain001.NAMESPACE}}}"
AT = datetime(2026, 11, 23, 17, 30, 12, 345678, tzinfo=UTC)
DEBTOR = Debtor("海德花园置业有限公司", "6222000011112222", "中国工商银行苏州分行", "102305000001")
WANG = Payment("王小明", "中国建设银行苏州支行", "6217001234567890123", 3_500_001, "HD-20261124-R001-01", "退房退款 HD-20261123-0007")
BANK = Payment("中国农业银行苏州分行", "中国农业银行", "10550101040012345", 120_000_050, "HD-20261124-R001-02", "退房退款 HD-20261123-0007")


def order(*payments: Payment) -> Order:
    return Order("HD-20261124-R001", "HD-20261123-0007", "ab" * 32, AT, "Asia/Shanghai", DEBTOR, payments or (WANG, BANK))


def shape(element: ET.Element) -> object:
    """Tag names in their order, as deep as they go."""
    tag = element.tag.removeprefix(NS)
    return tag if len(element) == 0 else (tag, [shape(child) for child in element])


TRANSACTION = (
    "CdtTrfTxInf",
    [
        ("PmtId", ["EndToEndId"]),
        ("Amt", ["InstdAmt"]),
        ("CdtrAgt", [("FinInstnId", ["Nm"])]),
        ("Cdtr", ["Nm"]),
        ("CdtrAcct", [("Id", [("Othr", ["Id"])])]),
        ("RmtInf", ["Ustrd"]),
    ],
)


def test_the_message_has_the_elements_of_its_definition_in_their_order() -> None:
    root = ET.fromstring(pain001.render(order()))
    assert root.tag == f"{NS}Document"
    assert all(element.tag.startswith(NS) for element in root.iter())
    assert shape(root) == (
        "Document",
        [
            (
                "CstmrCdtTrfInitn",
                [
                    ("GrpHdr", ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", ("InitgPty", ["Nm"])]),
                    (
                        "PmtInf",
                        [
                            "PmtInfId",
                            "PmtMtd",
                            "NbOfTxs",
                            "CtrlSum",
                            ("ReqdExctnDt", ["Dt"]),
                            ("Dbtr", ["Nm"]),
                            ("DbtrAcct", [("Id", [("Othr", ["Id"])])]),
                            ("DbtrAgt", [("FinInstnId", [("ClrSysMmbId", [("ClrSysId", ["Cd"]), "MmbId"]), "Nm"])]),
                            TRANSACTION,
                            TRANSACTION,
                        ],
                    ),
                ],
            )
        ],
    )


def texts(data: bytes, path: str) -> list[str | None]:
    return [found.text for found in ET.fromstring(data).iterfind("/".join(f"{NS}{tag}" for tag in path.split("/")))]


def test_the_message_says_what_was_approved() -> None:
    data = pain001.render(order())
    header, information = "CstmrCdtTrfInitn/GrpHdr/", "CstmrCdtTrfInitn/PmtInf/"
    one = f"{information}CdtTrfTxInf/"
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n")
    assert texts(data, f"{header}CreDtTm") == ["2026-11-24T01:30:12+08:00"]
    for part in (header, information):
        assert texts(data, f"{part}NbOfTxs") == ["2"]
        assert texts(data, f"{part}CtrlSum") == ["1235000.51"]
    assert texts(data, f"{information}ReqdExctnDt/Dt") == ["2026-11-24"]
    assert texts(data, f"{information}DbtrAcct/Id/Othr/Id") == [DEBTOR.account]
    assert texts(data, f"{information}DbtrAgt/FinInstnId/ClrSysMmbId/MmbId") == [DEBTOR.bank_code]
    assert texts(data, f"{one}PmtId/EndToEndId") == [WANG.end_to_end_id, BANK.end_to_end_id]
    assert texts(data, f"{one}Amt/InstdAmt") == ["35000.01", "1200000.50"]
    assert [amount.attrib for amount in ET.fromstring(data).iter(f"{NS}InstdAmt")] == [{"Ccy": "CNY"}] * 2
    assert texts(data, f"{one}Cdtr/Nm") == [WANG.name, BANK.name]
    assert texts(data, f"{one}CdtrAcct/Id/Othr/Id") == [WANG.account, BANK.account]
    assert "王小明".encode() in data


FEN = st.integers(1, 10**13)
NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=60).map(str.strip).filter(bool)


@given(st.lists(st.tuples(FEN, NAMES), min_size=1, max_size=5))
def test_the_control_sum_is_the_sum_of_the_payments(found: list[tuple[int, str]]) -> None:
    made = order(*(Payment(f"{name}收", "行", "123", fen, f"E-{n}", "退款") for n, (fen, name) in enumerate(found)))
    data = pain001.render(made)
    assert data == pain001.render(made)
    amounts = texts(data, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt")
    in_fen = [int(str(text).replace(".", "")) for text in amounts]
    assert in_fen == [fen for fen, _ in found]
    assert texts(data, "CstmrCdtTrfInitn/GrpHdr/CtrlSum") == [yuan(sum(in_fen))]
    assert texts(data, "CstmrCdtTrfInitn/GrpHdr/NbOfTxs") == [str(len(found))]
    for element in ET.fromstring(data).iter():
        limit = {"Nm": 140, "Ustrd": 140, "Id": 34, "EndToEndId": 35, "MsgId": 35, "PmtInfId": 35}.get(element.tag.removeprefix(NS))
        assert limit is None or len(element) > 0 or 1 <= len(element.text or "") <= limit


@pytest.mark.parametrize("broken", [{"end_to_end_id": "x" * 36}, {"account": "1" * 35}, {"name": ""}, {"remittance": "退" * 141}])
def test_what_the_message_cannot_hold_is_refused(broken: dict[str, str]) -> None:
    fields = {name: getattr(WANG, name) for name in Payment.__dataclass_fields__} | broken
    with pytest.raises(ValueError, match="characters"):
        pain001.render(order(Payment(**fields)))


@pytest.mark.parametrize(("fen", "text"), [(1, "0.01"), (100, "1.00"), (123_456, "1234.56"), (10, "0.10")])
def test_fen_are_written_with_two_decimals(fen: int, text: str) -> None:
    assert yuan(fen) == text


def test_the_table_reads_back() -> None:
    evil = Payment('=HYPERLINK("http://x","王")', "行,\n", "0012345", 100, "E-1", "@SUM(1)")
    data = table.render(order(WANG, evil))
    assert data.startswith(b"\xef\xbb\xbf")
    [header, first, second] = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert tuple(header) == table.HEADER
    assert first[:6] == ["HD-20261124-R001", WANG.end_to_end_id, WANG.name, WANG.bank, WANG.account, "35000.01"]
    assert second[2] == "'" + evil.name
    assert second[7] == "'@SUM(1)"
    assert data == table.render(order(WANG, evil))


def test_the_sheet_comes_out_the_same() -> None:
    described = sheet.document(order(), [("案场经理", "张经理", "2026-11-23 16:00")])
    printed = print_pdf(described)
    assert printed.startswith(b"%PDF-")
    assert printed == print_pdf(sheet.document(order(), [("案场经理", "张经理", "2026-11-23 16:00")]))
    total = next(block for block in described.blocks if getattr(block, "total", False))
    assert total.rows[-1][-1] == "1235000.51"  # type: ignore[union-attr]

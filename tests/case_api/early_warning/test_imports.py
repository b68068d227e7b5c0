"""Files of events: as offices have them, looked at before anything is taken, sent again without harm."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from models.crm import CrmCustomer, CrmEvent
from models.sites import Site
from tests.case_api.early_warning.conftest import Board
from tests.conftest import Rows

GOOD = """事件编号,客户编号,房号,客户称呼,事件类型,发生时间,约定时间,关联编号
1,C1,3栋1202,王女士,到访,2026-11-20 10:00,,
2,C1,3栋1202,王女士,应付款,2026-10-01,2026-11-01,首付
3,C2,,,咨询退房政策,2026/11/20,,
"""
BAD = """客户编号,事件类型,发生时间,约定时间
C1,到访,2026-11-20,
,到访,2026-11-20,
C1,看海,2026-11-20,
C1,到访,2027-01-01,
C1,应付款,2026-11-20,
C1,到访,,
"""


XML = '<?xml version="1.0" encoding="UTF-8"?>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATED}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATED}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet {MAIN}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
}


def workbook(rows: list[list[str | int | float]]) -> bytes:
    """An Excel file as Excel would write it; numbers with a fraction are dates."""

    def cell(value: str | int | float) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c s="{int(isinstance(value, float))}"><v>{value}</v></c>'

    lines = "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        for name, text in (PARTS | {"xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{lines}</sheetData></worksheet>"}).items():
            parts.writestr(name, XML + text)
    return made.getvalue()


async def send(board: Board, site: Site, data: bytes, key: str = "", **form: Any) -> httpx2.Response:
    fields = {"source_id": board.source.id, "site_id": site.id} | form
    headers = board.headers["manager"] | ({"Idempotency-Key": key} if key else {})
    return await board.client.post("/v1/crm-imports", data=fields, files={"file": ("f.csv", data)}, headers=headers)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_a_file_is_tried_taken_and_sent_again(board: Board, site: Site, rows: Rows, encoding: str) -> None:
    data = GOOD.encode(encoding)
    tried = (await send(board, site, data, dry_run="true")).json()
    assert (tried["lines"], tried["taken"], tried["faults"]) == (3, 0, [])
    assert await rows.scalars(select(CrmEvent)) == []
    done = (await send(board, site, data)).json()
    assert (done["taken"], done["known"]) == (3, 0)
    more = GOOD + "4,C2,,,到访,2026-11-21,,\n"
    again = (await send(board, site, more.encode(encoding))).json()
    assert (again["taken"], again["known"]) == (1, 3)
    events = await rows.scalars(select(CrmEvent).order_by(CrmEvent.id))
    assert [event.kind for event in events] == ["visit", "payment_due", "policy_query", "visit"]
    assert events[0].at.isoformat() == "2026-11-20T02:00:00+00:00"  # the site's clock
    assert {(row.key, row.label, row.unit_reference) for row in await rows.scalars(select(CrmCustomer))} == {
        ("c:C1", "王女士", "3栋1202"),
        ("c:C2", "", ""),
    }


async def test_a_repetition_gets_the_first_report(board: Board, site: Site) -> None:
    first, again = [(await send(board, site, GOOD.encode(), key="import-000001")).json() for _ in range(2)]
    assert (first["taken"], again) == (3, first)
    assert (await send(board, site, b"", key="import-000001")).json()["code"] == "idempotency_key_reused"


async def test_every_fault_is_told_and_nothing_is_taken(board: Board, site: Site, rows: Rows) -> None:
    tried = (await send(board, site, BAD.encode(), dry_run="true")).json()
    assert (tried["lines"], tried["faulty"]) == (1, 5)
    assert [(fault["line"], fault["column"], fault["code"]) for fault in tried["faults"]] == [
        (3, "", "customer_missing"),
        (4, "事件类型", "kind_unknown"),
        (5, "发生时间", "later_than_now"),
        (6, "约定时间", "value_missing"),
        (7, "发生时间", "value_missing"),
    ]
    refused = await send(board, site, BAD.encode())
    assert (refused.status_code, refused.json()["code"], len(refused.json()["errors"])) == (422, "import_rejected", 5)
    assert await rows.scalars(select(CrmEvent)) == []


async def test_a_fault_says_what_the_cell_says_and_a_missing_column_what_columns_there_are(board: Board, site: Site) -> None:
    """Whoever maps another program's file has to know what it calls its columns and kinds."""
    theirs = "客户ID,动作,时间\nC1,带看,昨天\n".encode()
    found = (await send(board, site, theirs, dry_run="true")).json()
    assert (found["header"], {fault["column"] for fault in found["faults"]}) == (["客户ID", "动作", "时间"], {"发生时间", "事件类型"})
    mapping = json.dumps({"columns": {"customer_reference": "客户ID", "at": "时间", "kind": "动作"}})
    mapped = (await send(board, site, theirs, dry_run="true", mapping=mapping)).json()
    assert [(fault["column"], fault["code"], fault["value"]) for fault in mapped["faults"]] == [
        ("动作", "kind_unknown", "带看"),
        ("时间", "time_invalid", "昨天"),
    ]
    assert (mapped["header"], mapped["lines"], mapped["faulty"]) == ([], 0, 1)


async def test_another_programs_export_is_mapped(board: Board, site: Site, rows: Rows) -> None:
    data = workbook([["客户ID", "带看时间", "备注"], [10382, 46346.4375, "下雨"]])
    mapping = json.dumps({"columns": {"customer_reference": "客户ID", "at": "带看时间"}, "kind": "visit"})
    done = await send(board, site, data, mapping=mapping)
    assert (done.status_code, done.json()["taken"]) == (200, 1), done.text
    assert (await send(board, site, data, mapping=mapping)).json()["known"] == 1  # its lines have no numbers of their own
    event = await rows.one(select(CrmEvent))
    assert (event.kind, event.at.isoformat()) == ("visit", "2026-11-20T02:30:00+00:00")
    assert (await rows.one(select(CrmCustomer))).reference == "10382"


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"mapping": "{"}, 422, "mapping_invalid"),
        ({"mapping": '{"columns": {"age": "年龄"}}'}, 422, "mapping_invalid"),
        ({"mapping": '{"kind": "speech_signal"}'}, 422, "mapping_invalid"),
        ({"source_id": "nobody"}, 422, "source_unknown"),
        ({"site_id": "nowhere"}, 403, "forbidden"),
    ],
)
async def test_a_request_that_does_not_fit_is_refused(board: Board, site: Site, form: dict[str, str], status: int, code: str) -> None:
    answer = await send(board, site, GOOD.encode(), **form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"\xff\xff\xff", "encoding"), (b"PK\x03\x04 no workbook", "unreadable"), (b"a,b\n1,2\n", "column_missing")],
)
async def test_a_file_that_cannot_be_read_says_why(board: Board, site: Site, data: bytes, code: str) -> None:
    answer = await send(board, site, data, dry_run="true")
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (200, code)


async def test_lines_of_another_site_are_refused(board: Board, site: Site, other_site: Site) -> None:
    data = f"案场代码,客户编号,事件类型,发生时间\n{other_site.code},C1,到访,2026-11-20\n".encode()
    assert (await send(board, site, data, dry_run="true")).json()["faults"][0]["code"] == "site_unknown"

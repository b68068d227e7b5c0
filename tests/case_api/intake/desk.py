"""People at a sales office, a clock that stands until it is moved, and a form that is complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from fastapi import FastAPI

from models.sites import Site

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # half past nine in Shanghai
RESIDENT = "11010519491231002X"
PHONE = "13812345678"
FORM: dict[str, Any] = {
    "customer_name": "王小明",
    "id_number": RESIDENT,
    "id_scan_missing_reason": "客户未携带证件",
    "phone": PHONE,
    "phone_unverified_reason": "客户手机无信号",
    "subscription_code": "RG-2026-0815",
    "subscription_date": "2026-10-01",
    "building": "3栋",
    "unit": "1202",
    "unit_type": "三室两厅",
    "price_fen": 260_000_000,
    "receipt_wording": "今收到王小明认购定金人民币伍万元整",
    "receipt_kind": "earnest",
    "receipt_amount_fen": 5_000_000,
    "causes": ["family", "cash_flow"],
    "cause_text": "配偶看房后认为朝向不好，坚持退房",
    "alternative": "to_discuss",
    "alternative_unrecorded_reason": "客户不同意录音",
}


class Desk:
    """Sends requests as somebody, keeping each case's version as a client would."""

    def __init__(
        self, app: FastAPI, client: httpx2.AsyncClient, site: Site, tokens: dict[str, dict[str, str]], ids: dict[str, str]
    ) -> None:
        self.app, self.client, self.site, self.tokens, self.ids = app, client, site, tokens, ids
        self.now = START
        app.state.clock = lambda: self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def get(self, who: str, path: str, **params: Any) -> httpx2.Response:
        return await self.client.get(f"/v1{path}", headers=self.tokens[who], params=params)

    async def send(
        self, who: str, method: str, path: str, body: object = None, *, version: int | None = None, key: str | None = None
    ) -> httpx2.Response:
        headers = dict(self.tokens[who])
        headers |= {"If-Match": f'"{version}"'} if version is not None else {}
        headers |= {"Idempotency-Key": key} if key is not None else {}
        return await self.client.request(method, f"/v1{path}", headers=headers, json=body)

    async def on(self, who: str, case_id: str, method: str, path: str, body: object = None, *, key: str | None = None) -> httpx2.Response:
        """A command on a case, based on its version of this moment."""
        return await self.send(who, method, f"/cases/{case_id}{path}", body, version=await self.version(case_id), key=key)

    async def version(self, case_id: str) -> int:
        """What the case's version is now."""
        return int((await self.get("manager", f"/cases/{case_id}")).json()["version"])

    async def open(self, who: str = "reception", **body: Any) -> dict[str, Any]:
        answer = await self.send(who, "POST", "/cases", {"customer_label": "王先生", "responsible_id": self.ids["consultant"]} | body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def received(self, **form: Any) -> str:
        """A case with its receptionist and, if given, something on the form; its id."""
        case = await self.open()
        answer = await self.on("reception", case["id"], "POST", "/assignment", {"receptionist_id": self.ids["reception"]})
        assert answer.status_code == 200, answer.text
        if form:
            answer = await self.on("reception", case["id"], "PATCH", "/registration", form)
            assert answer.status_code == 200, answer.text
        return str(case["id"])


def refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]

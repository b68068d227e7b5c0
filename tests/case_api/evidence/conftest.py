"""A case at work, people of each department, and uploads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.people import Person
from tests.case_api.evidence.samples import GOOD
from tests.case_api.sessions.conftest import make_session

__all__ = ["make_session"]

MakeCase = Callable[..., Awaitable[WithdrawalCase]]
Upload = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def make_case(factory: Factory) -> MakeCase:
    """`await make_case(person, site_id, status="closing", …)`."""
    numbers = iter(range(1, 1000))

    async def make(by: Person, site_id: str, **values: Any) -> WithdrawalCase:
        case = WithdrawalCase(site_id=site_id, code=f"HD-20261123-{next(numbers):04d}", created_by=by.id, **values)
        async with transaction(factory) as db:
            db.add(case)
        return case

    return make


@pytest.fixture
def upload(client: httpx2.AsyncClient) -> Upload:
    """`await upload(headers, case_id, name="收据.jpg", kind="receipt", …)`."""

    async def send(
        headers: dict[str, str],
        case_id: str,
        name: str = "收据.jpg",
        *,
        data: bytes | None = None,
        declared: str | None = None,
        key: str | None = None,
        **fields: str,
    ) -> httpx2.Response:
        content = data if data is not None else GOOD[name][0]
        media = declared if declared is not None else GOOD[name][1].media_type
        named = headers | ({"Idempotency-Key": key} if key else {})
        form = {"kind": "receipt"} | fields
        return await client.post(f"/v1/cases/{case_id}/evidence", headers=named, data=form, files={"file": (name, content, media)})

    return send

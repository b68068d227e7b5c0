"""What every answer has: an id, headers, a problem with a code and two languages, and no more than was asked for."""

from __future__ import annotations

import json

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import TimeoutError as PoolTimeout

from case_api import logs
from case_api.middleware import MAX_BODY_BYTES, TEXT_BYTES
from case_api.problems import PROBLEMS, ProblemCode
from models.engine import DatabaseBusy
from models.settings import Settings
from tests.conftest import PASSWORD, MakePerson, SignIn


def test_every_problem_is_told_in_both_languages() -> None:
    assert set(PROBLEMS) == set(ProblemCode)
    for code, text in PROBLEMS.items():
        assert 400 <= text.status < 600, code
        assert any("\u4e00" <= c <= "\u9fff" for c in text.zh), code
        assert text.en.isascii(), code


async def test_a_problem_says_what_and_carries_the_requests_id(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/me", headers={"X-Request-ID": "phone-1234"})
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["x-request-id"], body["request_id"], body["status"]) == ("phone-1234", "phone-1234", 401)
    assert (body["code"], body["zh"]) == ("token_missing", "请先登录")


@pytest.mark.parametrize("given", ["short", "a" * 65, "x\r\nSet-Cookie: a=b", "<script>alert(1)</script>"])
async def test_a_request_id_that_could_do_harm_is_replaced(client: httpx2.AsyncClient, given: str) -> None:
    answer = await client.get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] != given
    assert "set-cookie" not in answer.headers


async def test_a_browser_is_told_to_be_careful(client: httpx2.AsyncClient) -> None:
    headers = (await client.get("/v1/me")).headers
    assert (headers["x-content-type-options"], headers["x-frame-options"], headers["cache-control"]) == ("nosniff", "DENY", "no-store")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(("method", "path", "code"), [("GET", "/nowhere", "not_found"), ("PUT", "/v1/tokens", "method_not_allowed")])
async def test_the_frameworks_own_refusals_are_problems_too(client: httpx2.AsyncClient, method: str, path: str, code: str) -> None:
    answer = await client.request(method, path)
    assert (answer.json()["code"], answer.json()["status"]) == (code, answer.status_code)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 5000, b'{"username": 1e400}', b"null", b""])
async def test_broken_json_is_refused(client: httpx2.AsyncClient, content: bytes) -> None:
    answer = await client.post("/v1/tokens", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_beyond_the_limit_is_cut_off(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, declared: bool
) -> None:
    headers = await sign_in(await make_person("lijing", ("staff", None)))

    async def chunks():  # type: ignore[no-untyped-def]
        yield b'--b\r\nContent-Disposition: form-data; name="calm"; filename="x.wav"\r\n\r\n'
        for _ in range(MAX_BODY_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    content = b"x" * (MAX_BODY_BYTES + 1) if declared else chunks()
    form = headers | {"Content-Type": "multipart/form-data; boundary=b"}
    for path, kind in (("/v1/cases", headers), ("/v1/enrolments", form)):
        answer = await client.post(path, content=content if declared else chunks(), headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), path


async def test_what_is_no_file_is_short(client: httpx2.AsyncClient) -> None:
    """Anybody may send it, and it is parsed in one piece."""
    for path in ("/v1/tokens", "/v1/crm-events/x"):
        content = b'{"username": "' + b"x" * TEXT_BYTES + b'"}'
        answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), path


async def test_a_defect_is_a_problem_without_its_inside(client: httpx2.AsyncClient, app: FastAPI) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is 12345")

    @app.get("/busy")
    async def busy() -> None:
        raise DatabaseBusy("locked")

    @app.get("/crowded")
    async def crowded() -> None:
        raise PoolTimeout("no connection came free")

    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "12345" not in answer.text
    assert "x-request-id" in answer.headers
    for path in ("/busy", "/crowded"):
        waited = await client.get(path)
        assert (waited.status_code, waited.json()["code"], waited.headers["retry-after"]) == (503, "database_busy", "1")


async def test_a_request_is_one_log_line_without_what_was_searched_or_typed(
    client: httpx2.AsyncClient, make_person: MakePerson, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_person("lijing")
    logs.configure(Settings(log_json=True))
    try:
        await client.post("/v1/tokens?q=secret-name", json={"username": "lijing", "password": PASSWORD})
    finally:
        structlog.reset_defaults()
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"path"' in line]
    assert (line["method"], line["path"], line["status"], line["level"]) == ("POST", "/v1/tokens", 201, "info")
    assert not {"secret-name", PASSWORD} & set(str(line).split())
    assert "secret-name" not in str(line)


async def test_ready_only_while_the_database_answers(app: FastAPI, client: httpx2.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200
    assert (await client.get("/healthz")).status_code == 200


async def test_the_contract_names_every_operation_once(app: FastAPI) -> None:
    document = app.openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(id_.isalnum() and id_[0].islower() for id_ in ids), ids
    assert all(operation.get("description") for operation in operations)

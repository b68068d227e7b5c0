"""`docs/case-manual.md` names operations, addresses and problem codes that there are."""

from __future__ import annotations

import re

from fastapi import FastAPI

from case_api.problems import ProblemCode
from tests.models.test_settings import DOCS

MANUAL = (DOCS / "case-manual.md").read_text(encoding="utf-8")


def test_every_operation_and_address_in_the_manual_is_there(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    there = {operation["operationId"] for methods in paths.values() for operation in methods.values()}
    named = set(re.findall(r"`([a-z]+(?:[A-Z][a-zA-Z]+)+)`", MANUAL))
    assert len(named) > 30
    assert named <= there
    addresses = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, methods in paths.items() for method in methods}
    told = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in re.findall(r"(GET|POST|PUT) (/v1/[\w/{}-]+)", MANUAL)}
    assert told
    assert told <= addresses


def test_every_refusal_in_the_manual_has_its_code() -> None:
    table = MANUAL.split("| code |")[1]
    named = {code for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)}
    assert named - {"erp_mismatch", "errors"} <= set(ProblemCode)  # the first is a field of registration_incomplete
    assert len(named) > 25

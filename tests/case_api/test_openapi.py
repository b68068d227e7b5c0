"""The OpenAPI document: every operation is named and described, every field of a request has an example, and every example is right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema_rs import validator_for

from case_api import openapi
from case_api.application import create_app
from models.settings import Settings

DOCUMENT = create_app(Settings()).openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
SPEAKS_FOR_ITSELF = {"enum", "const"}
"""A field whose values are listed needs no example; neither does a date, a switch or a file."""


def without_example(schema: dict[str, Any], place: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Where a client would not know what to write."""
    if schema.keys() & {"examples", "example", *SPEAKS_FOR_ITSELF} or schema.get("format") in ("date", "date-time", "binary"):
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from without_example(SCHEMAS[name], f"{place}/{name}", seen | {name})
        return
    for group in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(group, ()):
            yield from without_example(option, place, seen)
    if "items" in schema:
        yield from without_example(schema["items"], place, seen)
    for name, field in schema.get("properties", {}).items():
        yield from without_example(field, f"{place}.{name}", seen)
    if schema.get("type") in ("string", "integer", "number"):
        yield place


def examples(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(place, schema, example) of every example in the document."""
    if isinstance(schema, list):
        for n, one in enumerate(schema):
            yield from examples(one, f"{place}[{n}]")
    elif isinstance(schema, dict):
        if isinstance(schema.get("examples"), list):
            yield from ((place, schema, example) for example in schema["examples"])
        for name, inner in schema.items():
            if name != "examples":
                yield from examples(inner, f"{place}.{name}")


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_an_operation_is_described_and_its_body_has_examples(operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    assert operation.get("description")
    assert any(status >= "400" for status in operation["responses"])
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == "application/json" and not content.keys() & {"example", "examples"}:
            assert list(without_example(content["schema"], operation_id)) == []


def test_every_example_is_one() -> None:
    definitions = {"components": {"schemas": SCHEMAS}}
    found = list(examples(DOCUMENT, ""))
    assert len(found) > 300

    def whole(schema: dict[str, Any]) -> dict[str, Any]:
        """With what it refers to, if it does: to read all of that for each of a thousand examples took twenty seconds."""
        return definitions | schema if "'$ref':" in repr(schema) else schema

    wrong = [(place, example) for place, schema, example in found if not validator_for(whole(schema)).is_valid(example)]
    assert wrong == []


async def test_the_document_is_made_away_from_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask for it, and it takes a second: no conversation waits for that."""
    app, asked_in = create_app(Settings()), []
    real = openapi._document

    def noted(*given: Any) -> dict[str, Any]:
        asked_in.append(threading.current_thread())
        return real(*given)

    monkeypatch.setattr(openapi, "_document", noted)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calmdesk.test") as client:
        answers = [await client.get("/openapi.json") for _ in range(2)]
    assert [answer.json() == DOCUMENT for answer in answers] == [True, True]
    assert len(asked_in) == 1
    assert asked_in[0] is not threading.main_thread()

"""The HTTP gateway, against a real server."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from case_api.intake.phone.gateways import CodeMessage, ConsoleGateway, GatewayError, make_gateway
from models.settings_intake import IntakeSettings
from tests.case_api.intake.server import answering

MESSAGE = CodeMessage("m1", "+8613812345678", "482913", 5)


def settings(url: str, seconds: float = 5) -> IntakeSettings:
    return IntakeSettings(phone_gateway="http", phone_gateway_url=url, phone_gateway_token=SecretStr("s3cret"), timeout_seconds=seconds)


async def test_a_code_is_posted_with_the_token_and_a_key() -> None:
    with answering() as server:
        await make_gateway(settings(server.url)).send(MESSAGE)
    [(headers, body)] = server.requests
    assert body == {"id": "m1", "phone": "+8613812345678", "code": "482913", "minutes": 5}
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer s3cret", "m1")


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_any_other_answer_is_a_failure_and_says_no_secret(status: int) -> None:
    with answering() as server:
        server.status = status
        with pytest.raises(GatewayError) as raised:
            await make_gateway(settings(server.url)).send(MESSAGE)
    assert str(raised.value) == f"status {status}"
    assert len(server.requests) == 1


async def test_a_gateway_that_does_not_answer_is_given_up() -> None:
    with answering() as server:
        server.hang.clear()
        with pytest.raises(GatewayError, match="ReadTimeout"):
            await make_gateway(settings(server.url, 0.2)).send(MESSAGE)


async def test_a_gateway_that_is_not_there() -> None:
    with answering() as server:
        url = server.url
    with pytest.raises(GatewayError, match="ConnectError"):
        await make_gateway(settings(url)).send(MESSAGE)


def test_the_settings_choose() -> None:
    assert isinstance(make_gateway(IntakeSettings()), ConsoleGateway)
    with pytest.raises(ValidationError, match="phone_gateway_url"):
        IntakeSettings(phone_gateway="http")
    with pytest.raises(ValidationError, match="erp_csv"):
        IntakeSettings(erp="csv")
    with pytest.raises(ValidationError, match="erp_url"):
        IntakeSettings(erp="rest")
    assert "s3cret" not in str(settings("http://gateway.test"))

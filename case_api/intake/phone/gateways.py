"""What sends a one-time code: the terminal while developing, an HTTP gateway in earnest."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Protocol

import httpx2
from fastapi import Request

from case_api.intake.identity import masked
from models.settings_intake import IntakeSettings


class GatewayError(Exception):
    """The gateway did not take the message. Its text never holds the number or the code."""


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """One code for one number. `id` names the message: a gateway that sees it twice sends it once."""

    id: str
    phone: str
    code: str
    minutes: int


class PhoneGateway(Protocol):
    """Sends codes."""

    async def send(self, message: CodeMessage) -> None:
        """Returns when the gateway has taken the message. Raises GatewayError."""


class ConsoleGateway:
    """Writes the code to the terminal that the server runs in: nobody's phone is reached, so nobody is verified by accident."""

    async def send(self, message: CodeMessage) -> None:
        """One line on standard error; never in the log."""
        print(f"code for {masked(message.phone)}: {message.code} ({message.minutes} min)", file=sys.stderr, flush=True)


class HttpGateway:
    """Posts `{"id", "phone", "code", "minutes"}` as JSON; any status of 2xx means that the message was taken."""

    def __init__(self, url: str, token: str | None, timeout_seconds: float) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout_seconds

    async def send(self, message: CodeMessage) -> None:
        """One attempt: a second one could send a second message, and the desk has a button for that."""
        body = {"id": message.id, "phone": message.phone, "code": message.code, "minutes": message.minutes}
        try:
            async with httpx2.AsyncClient(timeout=self._timeout) as client:
                answer = await client.post(self._url, json=body, headers={**self._headers, "Idempotency-Key": message.id})
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise GatewayError(type(error).__name__) from None
        if not answer.is_success:
            raise GatewayError(f"status {answer.status_code}")


def make_gateway(settings: IntakeSettings) -> PhoneGateway:
    """The gateway that the settings name."""
    if settings.phone_gateway == "console":
        return ConsoleGateway()
    assert settings.phone_gateway_url is not None  # the settings refuse it otherwise
    token = settings.phone_gateway_token.get_secret_value() if settings.phone_gateway_token else None
    return HttpGateway(settings.phone_gateway_url, token, settings.timeout_seconds)


async def phone_gateway(request: Request) -> PhoneGateway:
    """Dependency: the application's gateway."""
    gateway: PhoneGateway = request.app.state.phone_gateway
    return gateway

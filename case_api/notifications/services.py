"""The services that a person's channel may be of, through apprise: DingTalk, WeCom, Feishu, Lark and mail.

An apprise address can do much more than bring a message: follow redirects, leave out the certificate's check, look up keys at other
hosts. So only these services are taken, and of their options only those that say where the message goes.
"""

from __future__ import annotations

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import parse_qsl

from apprise.asset import AppriseAsset

from case_api.events.addresses import AddressRefused, reachable
from case_api.events.sender import Outcome
from models.settings_notices import NoticeSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks for a module that Python 3.13 has not
    from apprise.plugins.email import NotifyEmail
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

_PUBLIC: Final[dict[str, Any]] = {
    "dingtalk": NotifyDingTalk,
    "wecombot": NotifyWeComBot,
    "feishu": NotifyFeishu,
    "lark": NotifyLark,
    "mailtos": NotifyEmail,
}
# A company's own gateway. Its answer is read whole, however long, so it has to be one that the installation trusts.
_PRIVATE: Final[dict[str, Any]] = _PUBLIC | {"json": NotifyJSON, "jsons": NotifyJSON, "mailto": NotifyEmail}
_OPTIONS: Final = {"mailtos": {"to", "from", "name", "smtp", "user", "pass"}, "mailto": {"to", "from", "name", "smtp", "user", "pass"}}
_NAMES_A_HOST: Final = {"mailtos", "mailto", "json", "jsons"}
_ASSET: Final = AppriseAsset(app_id="Calmdesk", http_redirects=False)
THREADS: Final = 4


class ChannelUrlRefused(Exception):
    """No address of a service that can be used."""


def scheme_of(url: str) -> str:
    """Which service an address is of."""
    return url.partition("://")[0].lower()


def masked(url: str) -> str:
    """An address as it is shown to its owner: enough to tell two of one service apart. Pure."""
    return f"{scheme_of(url)}://…{url[-4:] if len(url) >= 24 else ''}"


def service_of(url: str, settings: NoticeSettings) -> Any:
    """The apprise service behind an address. Raises ChannelUrlRefused."""
    scheme = scheme_of(url)
    made = (_PRIVATE if settings.allow_private_addresses else _PUBLIC).get(scheme)
    options = {name for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    if made is None or not options <= _OPTIONS.get(scheme, set()) or not url.isprintable():
        raise ChannelUrlRefused("not a service that can be used")
    try:
        parts = made.parse_url(url)
        found = made(asset=_ASSET, **parts) if parts else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise ChannelUrlRefused("not an address of this service")
    found.socket_connect_timeout = found.socket_read_timeout = settings.timeout_seconds / 2
    return found


async def check(url: str, settings: NoticeSettings) -> Any:
    """The service behind an address, its host looked at. Raises ChannelUrlRefused, AddressRefused."""
    service = service_of(url, settings)
    if scheme_of(url) in _NAMES_A_HOST:
        for host in {service.host, getattr(service, "smtp_host", None) or service.host}:
            await reachable(host, allow_private=settings.allow_private_addresses)
    return service


class Messenger:
    """Brings messages, in threads of its own: apprise waits for its servers."""

    def __init__(self, settings: NoticeSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="channel")

    async def bring(self, url: str, title: str, body: str) -> Outcome:
        """One attempt. A thread that hangs is left to its own time limit."""
        try:
            service = await check(url, self._settings)
        except ChannelUrlRefused as error:
            return Outcome(False, str(error), final=True)
        except AddressRefused as error:
            return Outcome(False, str(error))
        attempt = asyncio.get_running_loop().run_in_executor(self._threads, lambda: service.notify(title=title, body=body))
        try:
            arrived = await asyncio.wait_for(attempt, self._settings.timeout_seconds)
        except TimeoutError:
            return Outcome(False, "no answer in time")
        return Outcome(bool(arrived), "" if arrived else f"{service.service_name} did not take the message")

    def close(self) -> None:
        """Start nothing more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

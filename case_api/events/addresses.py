"""Where the program may connect to on behalf of others: the public network only, unless the installation allows more.

Whoever names an address must not reach through the server what they cannot reach themselves: this machine, the office's network, a
cloud's metadata. A name is resolved and every address it has is looked at, when it is saved and again each time it is used.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx2

_NAT64: Final = ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host has no address, or one that must not be reached."""


def is_public(address: str) -> bool:
    """Whether an IP address lies in the public network; what is wrapped in an IPv6 address is looked at instead of it. Pure."""
    found = ip_address(address.partition("%")[0])
    inner = _wrapped(found) if isinstance(found, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def is_webhook_url(text: str, *, allow_private: bool) -> bool:
    """An https address (http where private ones are allowed) with a host and neither a password nor a fragment. Pure."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return False
    schemes = ("https", "http") if allow_private else ("https",)
    plain = text.isascii() and text.isprintable() and " " not in text
    return plain and url.scheme in schemes and bool(url.host) and not url.userinfo and not url.fragment


async def reachable(host: str, *, allow_private: bool) -> str:
    """One IP address of the host that may be connected to. Raises AddressRefused."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("the host has no address") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (allow_private or all(is_public(address) for address in addresses)):
        raise AddressRefused("the host is not in the public network")
    return addresses[0]

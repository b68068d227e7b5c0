"""Where the program may connect to on behalf of others."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.events.addresses import AddressRefused, is_public, is_webhook_url, reachable

CLOSED = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8", "224.0.0.0/4"]
inside = st.sampled_from([ip_network(net) for net in CLOSED]).flatmap(
    lambda net: st.integers(0, net.num_addresses - 1).map(lambda n: IPv4Address(int(net.network_address) + n))
)
anywhere = st.integers(0, 2**32 - 1).map(IPv4Address)


def spellings(address: IPv4Address) -> list[str]:
    """The address as IPv4, and as the IPv6 addresses that lead to it."""
    number = int(address)
    high, low = number >> 16, number & 0xFFFF
    return [str(address), f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{high:x}:{low:x}::1"]


@given(inside)
def test_nothing_of_a_closed_network_is_public_however_it_is_spelt(address: IPv4Address) -> None:
    assert not any(is_public(text) for text in spellings(address))


@given(anywhere)
def test_an_address_is_as_public_as_what_it_wraps(address: IPv4Address) -> None:
    assert len({is_public(text) for text in spellings(address)}) == 1


@pytest.mark.parametrize(
    "address", ["::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "240.0.0.1", "255.255.255.255"]
)
def test_other_closed_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "::1", "0.0.0.0", "10.1.2.3", "169.254.169.254"]
)
async def test_a_host_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        await reachable(host, allow_private=False)


async def test_an_installation_may_allow_its_own_network() -> None:
    assert await reachable("127.0.0.1", allow_private=True) == "127.0.0.1"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example", "bad host"])
async def test_a_host_without_an_address_is_refused_in_any_case(host: str) -> None:
    with pytest.raises(AddressRefused):
        await reachable(host, allow_private=True)


@pytest.mark.parametrize(
    ("url", "public", "private"),
    [
        ("https://crm.example.com/hook", True, True),
        ("https://crm.example.com:8443/hook?key=1", True, True),
        ("http://crm.example.com/hook", False, True),
        ("ftp://crm.example.com/hook", False, False),
        ("https://user:secret@crm.example.com/hook", False, False),
        ("https://crm.example.com/hook#part", False, False),
        ("https:///hook", False, False),
        ("crm.example.com/hook", False, False),
        ("https://crm.example.com/a b", False, False),
        ("https://crm.example.com/\n", False, False),
        ("https://[::1", False, False),
        ("https://中文.example.com/", False, False),
    ],
)
def test_what_the_address_of_a_webhook_looks_like(url: str, public: bool, private: bool) -> None:
    assert is_webhook_url(url, allow_private=False) is public
    assert is_webhook_url(url, allow_private=True) is private

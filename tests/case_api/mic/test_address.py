"""The addresses that `calmdesk serve` prints, and the code to scan."""

from __future__ import annotations

import ipaddress

import pytest
import segno

from case_api.mic import address


def test_lan_addresses_are_reachable_from_elsewhere() -> None:
    assert not any(ipaddress.ip_address(found).is_loopback for found in address.lan_addresses())


@pytest.mark.parametrize(
    ("host", "tls", "urls"),
    [
        ("0.0.0.0", True, ["https://192.168.1.20:8080/mic", "https://localhost:8080/mic"]),
        ("192.168.1.20", False, ["http://192.168.1.20:8080/mic"]),
        ("fd00::2", True, ["https://[fd00::2]:8080/mic"]),
    ],
)
def test_urls_of_the_page(host: str, tls: bool, urls: list[str]) -> None:
    assert address.page_urls(host, 8080, tls, ["192.168.1.20"]) == urls


def test_the_code_holds_the_first_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "lan_addresses", lambda: ["192.168.1.20"])
    lines = address.address_lines("0.0.0.0", 8443, True)
    code = lines[lines.index("") + 1 :]
    drawn = [[_dark(character, half) for character in line] for line in code for half in (0, 1)]
    expected = segno.make("https://192.168.1.20:8443/mic", error="m").matrix_iter(border=address.QUIET_ZONE)
    assert drawn[: len(drawn) - 1] == [[bool(module) for module in row] for row in expected]


@pytest.mark.parametrize(
    ("base", "host", "public", "found"),
    [
        ("https://desk.example.cn/", "0.0.0.0", None, "https://desk.example.cn/mic"),
        ("http://localhost:8080/", "0.0.0.0", "https://desk.example.cn", "https://desk.example.cn/mic"),
        ("https://localhost:8443/", "0.0.0.0", None, "https://192.168.1.20:8443/mic"),
        ("http://127.0.0.1/", "::", None, "http://192.168.1.20/mic"),
        ("http://localhost:8080/", "127.0.0.1", None, None),
    ],
)
def test_where_a_phone_finds_the_page(monkeypatch: pytest.MonkeyPatch, base: str, host: str, public: str | None, found: str | None) -> None:
    monkeypatch.setattr(address, "lan_addresses", lambda: ["192.168.1.20"])
    assert address.phone_address(base, host, public) == found


def _dark(character: str, half: int) -> bool:
    return character == " " or character == ("▄", "▀")[half]


def test_where_one_signs_in_first_is_said_first() -> None:
    assert address.address_lines("127.0.0.1", 8080, False)[:2] == ["管理页面 · console", "  http://127.0.0.1:8080/"]
    assert address.address_lines("0.0.0.0", 8080, True)[1] == "  https://localhost:8080/"


def test_what_stands_in_a_phones_way_is_said() -> None:
    assert "--tls self-signed" in "".join(address.address_lines("192.168.1.20", 8080, False))
    alone = address.address_lines("127.0.0.1", 8080, True)
    assert "--host 0.0.0.0" in alone[-1]
    assert not any("█" in line for line in alone)
    assert address.address_lines("localhost", 8080, True)[-1] == alone[-1]
    assert any("█" in line for line in address.address_lines("calmdesk.example", 8080, True))

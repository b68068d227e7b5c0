"""The shell: right types, cached for ever under its version, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import json
import re

import httpx2
import pytest
from fastapi import FastAPI

from case_api.mic.router import STATIC, content_security_policy, load_shell, mic_router

SHELL = load_shell()
FILES = sorted(SHELL.files)


@pytest.fixture
def page() -> httpx2.AsyncClient:
    app = FastAPI()
    app.include_router(mic_router(SHELL))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://desk.example:8080")


@pytest.mark.parametrize("path", ["/mic", "/mic/"])
async def test_the_page_is_checked_on_every_visit(page: httpx2.AsyncClient, path: str) -> None:
    answer = await page.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    again = await page.get(path, headers={"If-None-Match": f'"other", {answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]
    assert (await page.head(path)).status_code == 200


@pytest.mark.parametrize("name", FILES)
async def test_files_are_kept_for_ever_under_their_version(page: httpx2.AsyncClient, name: str) -> None:
    answer = await page.get(f"/mic/v/{SHELL.version}/{name}")
    assert answer.content == (STATIC / name).read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    former = await page.get(f"/mic/v/000000000000/{name}")
    assert (former.content, former.headers["cache-control"]) == (answer.content, "no-cache")


@pytest.mark.parametrize("name", ["index.html", "sw.js", "..%2frouter.py", "%2e%2e/router.py", "", "js"])
async def test_nothing_else_is_served(page: httpx2.AsyncClient, name: str) -> None:
    assert (await page.get(f"/mic/v/{SHELL.version}/{name}")).status_code == 404


async def test_the_worker_keeps_exactly_the_shell(page: httpx2.AsyncClient) -> None:
    answer = await page.get("/mic/sw.js")
    assert answer.headers["service-worker-allowed"] == "/mic"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    listed = re.search(r"const FILES = (\[.*\]);", answer.text)
    assert listed is not None
    assert sorted(json.loads(listed[1])) == [f"/mic/v/{SHELL.version}/{name}" for name in FILES]


def test_the_page_names_only_files_that_exist_and_runs_nothing_inline() -> None:
    text = SHELL.page.body.decode()
    assert {url.removeprefix(f"/mic/v/{SHELL.version}/") for url in re.findall(r'(?:href|src)="([^"]+)"', text)} <= set(FILES)
    assert not re.search(r"<style|style=| on\w+=|<script(?![^>]* src=)", text)
    assert "{{" not in text + SHELL.worker.body.decode()


def test_the_manifest_makes_it_installable() -> None:
    manifest = json.loads(SHELL.files["manifest.webmanifest"].body)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/mic", "/mic", "standalone")
    assert {icon["src"] for icon in manifest["icons"]} <= set(FILES)
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}


def test_modules_import_only_what_is_there_and_nothing_from_elsewhere() -> None:
    for name in FILES:
        text = SHELL.files[name].body.decode() if name.endswith((".js", ".css", ".svg")) else ""
        for target in re.findall(r'^(?:import|export) .*?from "([^"]+)"', text, re.MULTILINE):
            assert (STATIC / name).parent.joinpath(target).resolve().relative_to(STATIC).as_posix() in FILES, (name, target)
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), name


async def test_the_shell_is_small_on_the_line(page: httpx2.AsyncClient) -> None:
    total = 0
    for name in FILES:
        url = f"/mic/v/{SHELL.version}/{name}"
        packed = await page.get(url, headers={"Accept-Encoding": "gzip, br"})
        plain = await page.get(url, headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content, name
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in plain.headers
        total += int(packed.headers["content-length"])
    assert total < 100_000, "icons and all"


@pytest.mark.parametrize(("host", "named"), [("desk.example:8080", True), ("[fd00::2]:443", True), ("x; script-src *", False), ("", False)])
def test_the_policy_names_the_socket_of_a_sound_host_only(host: str, named: bool) -> None:
    policy = content_security_policy(host)
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert (f"wss://{host}" in policy) is named
    assert "script-src *" not in policy

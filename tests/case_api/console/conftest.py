"""One server in a process of its own for all tests of the console, and ways to ask it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from case_api.harness import free_port

READY_SECONDS = 280.0
PATIENCE_SECONDS = 60.0
"""For a machine that does many other things too."""
PASSWORD = "correct horse battery"


@dataclass
class Server:
    """Where it is, what was made, and who is signed in."""

    url: str
    made: dict[str, str]
    folder: Path
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, username: str) -> str:
        """Signs in over REST, once."""
        if username not in self._tokens:
            answer = httpx2.post(f"{self.url}/v1/tokens", json={"username": username, "password": PASSWORD})
            self._tokens[username] = answer.json()["token"]
        return self._tokens[username]

    def sign_out(self, username: str) -> None:
        """Ends the sign-in of all their pages; the next token is a new one."""
        self.ask(username, "/sign-out", "POST")
        del self._tokens[username]

    def ask(self, username: str | None, path: str, method: str = "GET", **given: object) -> httpx2.Response:
        """`/console<path>` as this person's browser, redirects not followed."""
        cookies = {"calmdesk_token": self.token(username)} if username else {}
        with httpx2.Client(cookies=cookies, timeout=PATIENCE_SECONDS) as client:
            return client.request(method, f"{self.url}/console{path.format(**self.made)}", **given)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.case_api.console.server", str(folder), str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, folder / "server.log")
        yield Server(url, json.loads((folder / "made.json").read_text()), folder)
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; its log if it ends instead."""
    until = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < until, "not ready in time"
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)


def elements(page: str) -> list[dict[str, Any]]:
    """What the browser is given to draw."""
    found = re.search(r"parseElements\(String\.raw`(.*?)`\)", page, re.DOTALL)
    assert found is not None
    return list(json.loads(unescape(found[1])).values())

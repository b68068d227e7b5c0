"""Writes the pictures of docs/console.md: `python -m tests.case_api.console.pictures [FOLDER]`."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from case_api.harness import free_port
from tests.case_api.console.browser import Desk, room
from tests.case_api.console.conftest import Server, wait_for
from tests.case_api.mic.phone import PHONE

SHOWN = [
    ("tasks", "wanggang", "/tasks", None, False),
    ("board", "zhangwei", "/cases", None, False),
    ("solutions", "zhangwei", "/cases/{solving}?tab=solutions", None, False),
    ("review", "zhangwei", "/sessions/{talk}?at=44", None, False),
    ("review-dark", "zhangwei", "/sessions/{talk}?at=44", None, True),
    ("warnings", "zhangwei", "/warnings", None, False),
    ("rules", "sunli", "/policies", None, False),
    ("desk", "sunli", "/library/edits/{edit}", None, False),
    ("live", "zhangwei", "/live", None, False),
    ("phone-tasks", "zhangwei", "/tasks", PHONE, False),
    ("phone-case", "zhangwei", "/cases/{assessing}?tab=assessment", PHONE, True),
]


def take(desk: Desk, path: Path) -> None:
    """The window as it is, small."""
    desk.page.wait_for_timeout(700)
    with Image.open(io.BytesIO(desk.page.screenshot(scale="css"))) as picture:
        picture.save(path, "WEBP", quality=82, method=6)


def main(folder: Path) -> None:
    """Each picture with the one seeded office."""
    with tempfile.TemporaryDirectory() as data:
        port = free_port()
        process = subprocess.Popen([sys.executable, "-m", "tests.case_api.console.server", data, str(port)])
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process, Path(data) / "none.log")
            server = Server(url, json.loads((Path(data) / "made.json").read_text()), Path(data))
            with room(server) as made:
                for name, who, address, viewport, dark in SHOWN:
                    desk = made.desk(who, dark=dark, viewport=viewport)
                    desk.go(address)
                    take(desk, folder / f"console-{name}.webp")
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images"))

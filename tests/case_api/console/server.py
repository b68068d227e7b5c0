"""The application with its console, without the ear: `python -m tests.case_api.console.server FOLDER PORT`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvicorn

from case_api.application import create_app
from case_api.console.mount import mount
from case_api.harness import own_settings
from case_api.logs import configure
from tests.case_api.console.seed import seed


def main(folder: Path, port: int) -> None:
    """Seeds an empty folder, writes what it made to `made.json`, serves."""
    settings = own_settings(folder)
    configure(settings)
    if not (folder / "made.json").exists():
        (folder / "made.json").write_text(json.dumps(asyncio.run(seed(folder))))
    app = create_app(settings)
    mount(app)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""The program in a process of its own that is killed at a commit: `python -m tests.case_api.killing FOLDER DATABASE`.

It loads the application once. For each line on stdin it forks a child that does one thing, and SIGKILLs itself before or after the commit
if it is told to; what a kernel does to a killed process is done to this one. One line on stdout says how the child ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from functools import partial
from logging import CRITICAL
from pathlib import Path
from typing import Any

import httpx2
import structlog
from fastapi import FastAPI
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from case_api.application import create_app
from case_api.deadlines.ticker import tick
from models.engine import create_engine
from models.settings import Settings


def die_at(moment: str | None, engine: Engine) -> None:
    """SIGKILL at the next commit: when its rows are written and COMMIT is not, or when COMMIT is done and nobody was answered."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if moment == "before":
        event.listen(engine, "commit", die)
    elif moment == "after":
        event.listen(Session, "after_commit", die)


async def do(app: FastAPI, job: dict[str, Any]) -> dict[str, Any]:
    """One round of the ticker, or one request."""
    if job["method"] == "tick":
        return {"moments": await tick(app.state.factory, app.state.clock())}
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calmdesk.test") as client:
        answer = await client.request(job["method"], job["url"], headers=job["headers"], json=job["json"])
    return {"status": answer.status_code, "headers": dict(answer.headers), "content": answer.text}


async def warm(app: FastAPI) -> None:
    """Build the routes once, not once a child. No connection stays open."""
    await do(app, {"method": "GET", "url": "/healthz", "headers": {}, "json": None})


def main(folder: str, database: str) -> None:
    settings = Settings(data_dir=Path(folder), database_url=database)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))  # stdout is for the answers
    engine = create_engine(settings)
    app = create_app(settings, engine=engine)
    asyncio.run(warm(app))
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            app.state.clock = partial(datetime.fromisoformat, job["now"])
            die_at(job["die"], engine.sync_engine)
            print(json.dumps(asyncio.run(do(app, job))), flush=True)
            os._exit(0)
        _, ended = os.waitpid(child, 0)
        if os.WIFSIGNALED(ended):
            print(json.dumps({"killed_by": os.WTERMSIG(ended)}), flush=True)
        elif ended:
            print(json.dumps({"failed": ended}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

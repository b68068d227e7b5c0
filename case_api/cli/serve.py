"""`calmdesk serve`: run the product."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Annotated, Any, NoReturn

import structlog
import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from starlette.types import Message
from uvicorn.loops.auto import auto_loop_factory

from audio_service.intake.packets import HEADER, MAX_PAYLOAD
from audio_service.live.registry import Registry
from audio_service.live.socket import TEXT_MAX
from audio_service.transcription.weights import WeightsError
from case_api.accounts.passwords import hash_password, one_time_password
from case_api.application import create_app
from case_api.bootstrap import FirstAdmin
from case_api.data_folder import FolderInUse, sole_use
from case_api.demo_data.service import Refused, fill
from case_api.harness import own_database
from case_api.listening import listening
from case_api.logs import configure
from case_api.mic.address import address_lines
from case_api.tls import server_certificate
from models import migrations
from models.base import utc_now
from models.engine import create_engine, session_factory
from models.settings import Settings, get_settings
from scripts_library.problems import LibraryError

logger = structlog.get_logger()
console = Console()

FRAME_MAX = max(HEADER.size + MAX_PAYLOAD, 4 * TEXT_MAX) + 1024
"""Bytes of a WebSocket frame the server reads at all; a little above what it takes, so that too much gets a clear error."""
DEMO_FOLDER = "demo-year"
FAREWELL_SECONDS = 5.0
"""How long the last message may take to reach the clients when the service goes down."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 lets phones on the network in")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on", min=0, max=65535)] = None,
    tls: Annotated[str | None, typer.Option(help="off, self-signed or files: a phone opens its microphone only over HTTPS")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="A made-up year in its own folder; anybody comes in without a password")] = False,
    with_input: Annotated[bool, typer.Option("--with-input", hidden=True, help="End when standard input does")] = False,
) -> None:
    """Run the product. The first start prints the administrator's one-time password, once."""
    if with_input:
        threading.Thread(target=_end_with_input, name="input", daemon=True).start()
    given = {name: value for name, value in (("host", host), ("port", port), ("tls", tls)) if value is not None}
    settings = _settings(given)
    if demo:
        settings = settings.model_copy(update=_of_a_demonstration(settings))
    configure(settings)
    console.print(
        f"正在启动，数据在 {settings.data_dir} · starting, data in {settings.data_dir} …", highlight=False, markup=False, soft_wrap=True
    )
    try:
        with sole_use(settings.data_dir, _waiting), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_serve(settings, demo=demo))
    except FolderInUse as error:
        _refuse(
            f"数据目录 {error.folder} 正被另一个 Calmdesk 进程（{error.holder}）使用，请先停止它，或为本进程另设 data_dir",
            f"Another Calmdesk process ({error.holder}) uses {error.folder}: stop it, or give this one a data_dir of its own",
        )
    except WeightsError as error:
        _refuse(f"语音识别模型不可用：{error.zh}", error.en)
    except LibraryError as error:
        _refuse("话术或词库文件有错误，请修正后重启", "\n".join(str(problem) for problem in error.problems))
    except SQLAlchemyError as error:
        _refuse("数据库无法使用", str(error))


def _end_with_input() -> None:
    """End politely once whoever holds the other end of standard input has gone, however they went."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _waiting(holder: str) -> None:
    console.print(f"等待进程 {holder} 释放数据目录 · waiting for process {holder} to leave the data folder …", highlight=False)


def _settings(given: dict[str, Any]) -> Settings:
    try:
        return Settings(**given) if given else get_settings()
    except ValidationError as error:
        _refuse("设置有误", "\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))


def _of_a_demonstration(settings: Settings) -> dict[str, Any]:
    """A folder and a database of its own, whatever the settings name: nobody comes into real data without a password."""
    folder = settings.data_dir / DEMO_FOLDER
    return {"data_dir": folder, "database_url": own_database(folder)}


async def _filled(settings: Settings) -> None:
    """The made-up year, written at the first start."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(migrations.upgrade, settings)
    engine = create_engine(settings)
    try:
        hashed = await hash_password(one_time_password())  # nobody is told: one comes in by the buttons
        with contextlib.suppress(Refused):  # it is there already
            await fill(session_factory(engine), settings.data_dir, utc_now(), seed=1, password_hash=hashed)
    finally:
        await engine.dispose()


async def _serve(settings: Settings, *, demo: bool = False) -> None:
    from case_api.console.mount import mount  # NiceGUI is 15 MB and half a second that no other command needs

    if demo:
        await _filled(settings)
    app = create_app(settings, listening=listening, demo=demo)
    mount(app)
    certificate = server_certificate(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws_max_size=FRAME_MAX,
        ws_max_queue=16,
        timeout_graceful_shutdown=15,
    )
    config.load()
    await _built(app)
    # the lifespan is entered here, so that what cannot be opened is told in one line instead of a trace
    async with app.router.lifespan_context(app):
        if demo:
            console.print(f"演示数据 · made-up data: {settings.data_dir}", highlight=False, markup=False, soft_wrap=True)
        await asyncio.to_thread(_greet, settings, app.state.first_admin, certificate.fingerprint if certificate else None)
        await Server(config, app.state.registry).serve()


async def _built(app: FastAPI) -> None:
    """Have everything built that is otherwise built at its first use: 0.2 s in which the event loop serves nobody.

    FastAPI makes each router's routes at the first request that looks there, so the last one is asked for; SQLAlchemy its mappers.
    """
    configure_mappers()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_: Message) -> None:
        """Nobody reads it."""

    path = {"path": "/v1/stream/asyncapi.json", "raw_path": b"/v1/stream/asyncapi.json", "root_path": "", "query_string": b""}
    await app({"type": "http", "method": "GET", "http_version": "1.1", "scheme": "http", "headers": [], **path}, receive, send)


class Server(uvicorn.Server):
    """Ends politely: on SIGTERM or SIGINT every conversation is told and kept, then `serve` returns. A second signal cuts the waiting."""

    def __init__(self, config: uvicorn.Config, registry: Registry) -> None:
        super().__init__(config)
        self._registry = registry

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Unlike uvicorn's own, keeps no signal to raise again: that would end the process before the lifespan has stored its rows."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Conversations end while their lines still work: uvicorn cuts every line first thing."""
        for server in self.servers:
            server.close()
        farewell = asyncio.create_task(self._farewell())
        while not farewell.done() and not self.force_exit:
            await asyncio.wait({farewell}, timeout=0.1)
        farewell.cancel()
        [failure] = await asyncio.gather(farewell, return_exceptions=True)
        if isinstance(failure, Exception):
            logger.error("serve.farewell_failed", exc_info=failure)
        await super().shutdown(sockets)

    async def _farewell(self) -> None:
        await self._registry.close()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=FAREWELL_SECONDS)


def _greet(settings: Settings, first: FirstAdmin | None, fingerprint: str | None) -> None:
    """Where the service is, as a code to scan too, and at the very first start the administrator's password."""
    for line in address_lines(settings.host, settings.port, settings.tls != "off"):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if fingerprint:
        console.print(f"证书指纹 · certificate SHA-256  {fingerprint}", highlight=False, markup=False, soft_wrap=True)
    if first is not None:
        console.print("\n[bold]首次启动：管理员一次性密码，只显示这一次，登录后请立即修改[/]")
        console.print("First start: the administrator's one-time password, shown this once\n")
        console.print(f"    {first.username}  {first.one_time_password}\n", highlight=False, markup=False, soft_wrap=True)


def _refuse(chinese: str, english: str) -> NoReturn:
    console.print(chinese, style="red", highlight=False, markup=False, soft_wrap=True)
    console.print(english, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1)

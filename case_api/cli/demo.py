"""`calmdesk demo`: a real negotiation through the real service, live in this terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from audio_service.client.screen import Screen
from case_api import demo as bundled
from case_api.cli.stream import EventFile, play
from case_api.harness import Service, ServiceFailed, own_database, own_settings, prepare, staff_phone
from models.settings import get_settings

console = Console()


def demo(
    file: Annotated[Path | None, typer.Argument(help="Another recording than the bundled one")] = None,
    enrolment: Annotated[Path | None, typer.Option(help="The staff member's voice, 10–20 s")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="1 is real time")] = 1.0,
) -> None:
    """Start a service of its own, play a negotiation into it like a phone, and show what a staff member would see and what is kept."""
    if file is None:
        file, enrolment = bundled.NEGOTIATION, bundled.ENROLMENT
    data_dir = get_settings().data_dir / "demo"
    console.print("[bold]Calmdesk[/] · 智能安抚话术演示 · 客户急了、声音大了，手机上马上出现该说的话\n")
    with console.status("准备数据库、模型和员工声音 · preparing database, models and the staff member's voice …"):
        staff = asyncio.run(prepare(own_settings(data_dir), "demo", enrolment))
        service = Service(data_dir)
        try:
            service.start()
        except ServiceFailed as error:
            console.print(f"[red]服务无法启动 · the service did not start:[/]\n{error}")
            raise typer.Exit(1) from error
    screen = Screen(console)
    try:
        with EventFile(data_dir / "events.jsonl") as events:

            def show(message: dict[str, Any]) -> None:
                events.add(message)
                screen.show(message)

            phone = staff_phone(service, staff, show)
            play(phone, file, speed)
    finally:
        service.stop()
    _where(data_dir, phone.session or "", staff.username, staff.password)


def _where(data_dir: Path, session: str, username: str, password: str) -> None:
    console.print(f"\n录音 · recording   {data_dir / 'recordings' / session / 'recording.flac'}")
    console.print(f"数据库 · database  {data_dir / 'calmdesk.db'}（会话 {session}）")
    console.print(f"消息 · messages    {data_dir / 'events.jsonl'}")
    console.print(
        f"\n再看一遍 · look again:  CALMDESK_DATA_DIR={data_dir} CALMDESK_DATABASE_URL={own_database(data_dir)} "
        "calmdesk serve --port 8080 --tls off，打开 http://127.0.0.1:8080/mic，"
        f"用户 {username}，密码 {password}"
    )

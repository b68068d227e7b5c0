"""`calmdesk stream FILE`: play a recording into a running service as a phone would."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import typer
from rich.console import Console
from websockets.exceptions import InvalidURI

from audio_service.client.phone import Phone, StreamRefused
from audio_service.client.screen import Screen
from audio_service.client.source import UnreadableAudioError, read_audio
from case_api.notices import current_notice

console = Console()


def consent(recording: bool, notice_version: str) -> dict[str, Any]:
    """The consent record of a file played from a terminal: whoever runs the command answers for it."""
    return {"recording": recording, "notice_version": notice_version, "method": "written", "informed_by": "calmdesk stream"}


def stream(
    file: Annotated[Path, typer.Argument(help="Sound file; anything that ffmpeg reads")],
    url: Annotated[str, typer.Option(help="The service's address")] = "ws://127.0.0.1:8080",
    token: Annotated[str, typer.Option(envvar="CALMDESK_TOKEN", help="Access token (POST /v1/tokens gives one)")] = "",
    speed: Annotated[float, typer.Option(min=0.1, max=200, help="1 is real time")] = 1.0,
    events: Annotated[Path | None, typer.Option(help="Write every message received to this JSON-lines file")] = None,
    case: Annotated[str | None, typer.Option(help="Case id the conversation belongs to")] = None,
    packet_ms: Annotated[int, typer.Option(min=20, max=200, help="Length of a packet")] = 100,
    no_recording: Annotated[bool, typer.Option(help="The customer refused: prompts only, nothing is kept")] = False,
    notice_version: Annotated[str | None, typer.Option(help="Consent notice that was shown; the current one if left out")] = None,
    insecure: Annotated[bool, typer.Option(help="Accept a self-signed certificate")] = False,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors")] = False,
) -> None:
    """Play FILE into a running service and show what comes back. Exit status 1 if the service refuses, 2 if the file cannot be read."""
    if not token:
        raise typer.BadParameter("an access token is needed (--token or CALMDESK_TOKEN)", param_hint="--token")
    screen, address = Screen(console), stream_url(url)
    with EventFile(events) as written:

        def show(message: dict[str, Any]) -> None:
            written.add(message)
            if not quiet:
                screen.show(message)

        phone = Phone(
            url=address,
            token=token,
            consent=consent(not no_recording, notice_version or current_notice("recording").version),
            on_message=show,
            case_id=case,
            packet_ms=packet_ms,
            shows=not quiet,
            tls=_tls(address, insecure),
        )
        play(phone, file, speed)


def play(phone: Phone, file: Path, speed: float) -> None:
    """Play a file on a phone; errors end the command with a line a person understands."""
    try:
        asyncio.run(phone.play(read_audio(file), speed))
    except (FileNotFoundError, UnreadableAudioError) as error:
        console.print(f"[red]无法读取音频 · cannot read the audio: {error}[/]")
        raise typer.Exit(2) from error
    except (StreamRefused, TimeoutError, InvalidURI) as error:
        console.print(f"[red]服务拒绝 · the service refused: {error}[/]")
        raise typer.Exit(1) from error


def stream_url(address: str) -> str:
    """http(s) or ws(s) address of a service → its stream."""
    parts = urlsplit(address)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/").removesuffix("/v1/stream") + "/v1/stream"
    return urlunsplit((scheme, parts.netloc, path, "", ""))


class EventFile:
    """Every message as one JSON line, or nothing if no file is wanted."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("w", encoding="utf-8") if path else None

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, message: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._file.flush()


def _tls(url: str, insecure: bool) -> ssl.SSLContext | None:
    if not url.startswith("wss:"):
        return None
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

"""Event streams in files: one message a line, as `calmdesk stream --events` writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.files import write_whole

REQUIRED = {
    "transcript": ("utterance", "final", "start", "end", "text"),
    "correction": ("utterance", "speaker"),
    "prompt": ("kind", "at"),
    "keyword": ("term", "at"),
    "state": ("at", "level", "speaker", "measures"),
}


class StreamError(ValueError):
    """A file holds something else than an event stream; the message names the line."""


def write_stream(path: Path, messages: Sequence[dict[str, Any]]) -> None:
    """The whole stream or nothing: a file that is there is complete."""
    lines = [json.dumps(message, ensure_ascii=False) + "\n" for message in messages]
    write_whole(path, "".join(lines).encode())


def read_stream(path: Path) -> list[dict[str, Any]]:
    """The messages of a file, in order. Raises FileNotFoundError, StreamError."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            missing = [name for name in REQUIRED.get(message["type"], ()) if name not in message]
        except (ValueError, KeyError, TypeError) as error:
            raise StreamError(f"{path.name}:{number}: 不是事件消息 · not an event message ({error})") from error
        if missing:
            raise StreamError(f"{path.name}:{number}: {message['type']} 缺少 · lacks {', '.join(missing)}")
        found.append(message)
    return found


def is_complete(path: Path) -> bool:
    """Whether the conversation was played to its end: its stream closes with the summary."""
    try:
        return any(message["type"] == "summary" for message in read_stream(path)[-3:])
    except (FileNotFoundError, StreamError):
        return False

"""What the commands share: settings, the database, and errors as one line instead of a traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import OperationalError, ProgrammingError

from case_api.problems import PROBLEMS, Problem
from models.engine import DatabaseBusy, Factory, create_engine, session_factory
from models.settings import Settings, get_settings

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table")]

out = Console()
err = Console(stderr=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Problems end the command with status 1, wrong settings with status 2; anything else is a defect and keeps its traceback."""
    try:
        yield
    except Problem as problem:
        text = PROBLEMS[problem.code]
        fail(f"{text.zh} · {text.en}" + (f" ({problem.detail})" if problem.detail else ""), 1)
    except DatabaseBusy:
        fail("数据库繁忙，请稍后再试 · the database is busy; try again soon", 1)
    except (OperationalError, ProgrammingError) as error:
        fail(f"数据库不可用，请先运行 calmdesk db upgrade · the database is not ready; run `calmdesk db upgrade`: {error.orig}", 1)
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        fail(f"设置有误 · wrong settings: {lines}", 2)
    except (FileNotFoundError, ValueError) as error:
        fail(f"设置有误 · wrong settings: {error}", 2)


def fail(message: str, status: int) -> NoReturn:
    """Say what is wrong on standard error and end with this status."""
    err.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(status)


def run(work: Callable[[Factory, Settings], Awaitable[T]]) -> T:
    """Do something with the configured database."""

    async def inside(settings: Settings) -> T:
        engine = create_engine(settings)
        try:
            return await work(session_factory(engine), settings)
        finally:
            await engine.dispose()

    with plain_errors():
        return asyncio.run(inside(get_settings()))
    raise AssertionError("plain_errors ends the command")


def print_json(value: Any) -> None:
    """One JSON document on standard output, Chinese as itself."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))

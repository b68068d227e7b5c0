"""Commands: what changes a case. One transaction each, done once for a key, based on a version that its author has seen.

A client may name each command by an `Idempotency-Key`. The answer is stored with the change, in its transaction; a repetition gets the
stored answer (`Idempotency-Replayed: true`) and changes nothing, another request under the same key is refused. Refusals are not stored:
they changed nothing, and what was refused may be right a minute later. Commands whose slow work lies outside their transaction: `once`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.database import get_factory
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal, actor, current_principal
from models.audit import Actor
from models.commands import CommandRecord
from models.engine import Factory, transaction

KEY: Final = re.compile(r"[\x21-\x7e]{8,80}")
KEPT: Final = timedelta(days=7)
HEADERS_KEPT: Final = ("etag", "location", "content-type")
SHOWN_ONCE: Final = ("secret", "one_time_password")
REPLAYED: Final = {"Idempotency-Replayed": "true"}
REFUSED: Final = "refused"
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class By:
    """Who commands, and when: the one time of everything that the command does."""

    principal: Principal
    who: Actor
    now: datetime

    @property
    def person_id(self) -> str:
        """The person's id."""
        return self.principal.person_id

    @property
    def author_id(self) -> str | None:
        """The same for rows that the program writes by itself too: None then."""
        return self.principal.person_id or None


def itself(at: datetime) -> By:
    """The program as author of what goes on without anybody: no person, no permission."""
    return By(Principal("", "calmdesk", "", (), "", False), Actor("calmdesk"), at)


async def now(request: Request) -> datetime:
    """The application's clock (`app.state.clock`; tests set a virtual one)."""
    clock: Clock = request.app.state.clock
    return clock()


async def by(request: Request, principal: Annotated[Principal, Depends(current_principal)]) -> By:
    """The command's author and time."""
    return By(principal, actor(request, principal), await now(request))


ByDep = Annotated[By, Depends(by)]
Now = Annotated[datetime, Depends(now)]


class Replay(Exception):
    """The command was done before: its stored answer."""

    def __init__(self, record: CommandRecord) -> None:
        self.response = Response(record.body.encode(), record.status, {**record.headers, **REPLAYED})


@dataclass(slots=True)
class _Command:
    """What `CommandRoute` and `CommandDb` share of one request."""

    stack: AsyncExitStack
    db: AsyncSession | None = None
    record: CommandRecord | None = None


class CommandRoute(APIRoute):
    """Route class of commands: commits after the handler has returned, together with its answer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler inside one transaction, which `CommandDb` opens and this closes."""
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                async with AsyncExitStack() as stack:
                    request.state.command = command = _Command(stack)
                    response = await original(request)
                    _keep(command, response)
            except Replay as replay:
                return replay.response
            return response

        return handler


def _keep(command: _Command, response: Response) -> None:
    if command.db is None or command.record is None:
        return
    command.record.status = response.status_code
    command.record.headers = {name: response.headers[name] for name in HEADERS_KEPT if name in response.headers}
    command.record.body = _repeatable(bytes(response.body).decode())
    command.db.add(command.record)


KeyHeader = Annotated[
    str | None, Header(alias="Idempotency-Key", description="Names this command; repeated under the same key it is not done again")
]


async def _command_db(request: Request, author: ByDep, key: KeyHeader = None) -> AsyncSession:
    return await begin_command(request, author, key, await request.body() if key is not None else b"")


CommandDb = Annotated[AsyncSession, Depends(_command_db)]


async def begin_command(request: Request, author: By, key: str | None, body: bytes) -> AsyncSession:
    """The transaction of a command whose slow work (an upload) is done; under `CommandRoute`, which commits it with the answer.

    `body` is what was asked for, in a form that a repetition gives again. Raises Problem: idempotency_key_invalid,
    idempotency_key_reused.
    """
    command: _Command = request.state.command
    demand_plain(key)
    command.db = db = await command.stack.enter_async_context(transaction(get_factory(request)))
    if key is not None:
        command.record = CommandRecord(person_id=author.person_id, key=key, fingerprint=fingerprint(request, body), at=author.now)
        await claim(db, command.record)
    return db


def fingerprint(request: Request, body: bytes) -> str:
    """What a command asks for, as SHA-256: the same command sent again has the same."""
    digest = hashlib.sha256()
    for part in (request.method, request.url.path, request.url.query, request.headers.get("if-match", "")):
        digest.update(part.encode() + b"\0")
    digest.update(body)
    return digest.hexdigest()


def demand_plain(key: str | None) -> None:
    """Raise `idempotency_key_invalid` unless the key, where there is one, is one."""
    if key is not None and not KEY.fullmatch(key):
        raise Problem(ProblemCode.KEY_INVALID, "header.Idempotency-Key")


async def claim(db: AsyncSession, record: CommandRecord) -> None:
    """Raises `Replay` if the key was used; of two at once the second waits here for the first. Raises Problem: idempotency_key_reused."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite's write lock does the same
        name = f"{record.person_id}/{record.key}"
        await db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    await look(db, record)


async def look(db: AsyncSession, record: CommandRecord) -> None:
    """The same without waiting for a command that is being done."""
    found = await db.get(CommandRecord, (record.person_id, record.key))
    if found is None:
        return
    if found.fingerprint != record.fingerprint:
        raise Problem(ProblemCode.KEY_REUSED, "header.Idempotency-Key")
    if (code := found.headers.get(REFUSED)) is not None:
        raise Problem(ProblemCode(code), found.body or None, headers=REPLAYED)
    raise Replay(found)


async def forget_old_commands(factory: Factory, at: datetime) -> None:
    """Drop the answers that nobody will ask for again: older than `KEPT`."""
    async with transaction(factory) as db:
        await db.execute(delete(CommandRecord).where(CommandRecord.at < at - KEPT))


def _repeatable(body: str) -> str:
    """The answer as it is kept for a repetition: what is shown once (a webhook's secret, a password) is in the first answer only."""
    if not any(f'"{name}"' in body for name in SHOWN_ONCE):
        return body
    answer = json.loads(body)
    if isinstance(answer, dict):
        answer |= {name: "" for name in SHOWN_ONCE if name in answer}
    return json.dumps(answer, ensure_ascii=False)


class Versioned(Protocol):
    """A row that counts its changes."""

    @property
    def version(self) -> int:
        """How many changes there were, from 1."""


async def _if_match(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='The version that the change is based on, as `ETag` gave it: `"7"`')
    ] = None,
) -> int:
    if if_match is None:
        raise Problem(ProblemCode.PRECONDITION_REQUIRED, "header.If-Match")
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', if_match.strip())
    if found is None:
        raise Problem(ProblemCode.INVALID_REQUEST, "header.If-Match")
    return int(found[1])


IfMatch = Annotated[int, Depends(_if_match)]


def guard(row: Versioned, expected: int) -> None:
    """Raise `version_conflict` unless the row is as the command's author saw it."""
    if row.version != expected:
        raise Problem(ProblemCode.VERSION_CONFLICT, f"现为第 {row.version} 版，不是第 {expected} 版 / is {row.version}, not {expected}")


R = TypeVar("R", bound=Versioned)


async def put_row(db: AsyncSession, kept: R | None, expected: int, new: R, values: Mapping[str, Any]) -> R:
    """Give the row that is there its values, or put in `new` where there is none (whose version is 0): the row, flushed.

    Raises Problem: version_conflict.
    """
    if kept is not None:
        guard(kept, expected)
    elif expected != 0:
        raise Problem(ProblemCode.VERSION_CONFLICT, f"尚无内容，不是第 {expected} 版 / is 0, not {expected}")
    row = new if kept is None else kept
    for name, value in values.items():
        setattr(row, name, value)
    db.add(row)
    await db.flush()
    return row


async def flush_unique(db: AsyncSession, code: ProblemCode, detail: str | None = None) -> None:
    """Write what was changed. Raises Problem: this code, if another row has the name that has to be unique."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise Problem(code, detail) from error


def tag(response: Response, row: R) -> R:
    """The row, with its version told for `If-Match`."""
    response.headers["ETag"] = f'"{row.version}"'
    return row


# What commands may answer besides their own refusals, for `responses(...)`.
KEY_PROBLEMS: Final = (ProblemCode.KEY_REUSED, ProblemCode.KEY_INVALID)
COMMAND_PROBLEMS: Final = (ProblemCode.NOT_FOUND, ProblemCode.FORBIDDEN, *KEY_PROBLEMS)
STEP_PROBLEMS: Final = (*COMMAND_PROBLEMS, ProblemCode.CASE_STATE)
"""Of commands that the step of a case may forbid."""
VERSION_PROBLEMS: Final = (ProblemCode.VERSION_CONFLICT, ProblemCode.PRECONDITION_REQUIRED)

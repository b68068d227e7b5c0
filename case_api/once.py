"""Commands whose slow work is done while nothing is locked (a gateway, the ERP, a file in batches), each done once for its key.

Before the work it is asked whether the key was used; the answer is kept with the change that the work led to. A process that dies in
between has kept nothing: the repetition does what is missing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, UploadFile
from pydantic import BaseModel
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import REFUSED, By, ByDep, KeyHeader, Versioned, claim, demand_plain, fingerprint, look
from case_api.problem_texts import PROBLEMS
from case_api.problems import Problem
from models.commands import CommandRecord
from models.engine import Factory, transaction

BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Once:
    """One command under its key; under none every method does nothing. For routes of `CommandRoute`, which answers a repetition."""

    record: CommandRecord | None

    async def look(self, db: AsyncSession) -> None:
        """Before the slow work: a repetition is answered here. Raises Problem: idempotency_key_reused."""
        if self.record is not None:
            await look(db, self.record)

    async def claim(self, db: AsyncSession) -> None:
        """First thing in the transaction that changes something: of two at once the second waits for the first, and gets its answer."""
        if self.record is not None:
            await claim(db, self.record)

    def keep(self, db: AsyncSession, status: int, answer: BaseModel | None, row: Versioned | None = None) -> None:
        """With the change: what a repetition is answered; None is no body. `row`: whose version the answer's `ETag` tells."""
        if self.record is not None:
            headers = {"content-type": "application/json"} if answer is not None else {}
            headers |= {"etag": f'"{row.version}"'} if row is not None else {}
            self.record.status, self.record.headers = status, headers
            self.record.body = answer.model_dump_json() if answer is not None else ""
            db.add(self.record)

    async def answered(self, factory: Factory, status: int, answer: BaseModel) -> None:
        """Keep an answer that no change of the database goes with."""
        if self.record is not None:
            async with transaction(factory) as db:
                await claim(db, self.record)
                self.keep(db, status, answer)

    def keep_refusal(self, db: AsyncSession, problem: Problem) -> None:
        """The same of a refusal that counts (a wrong code): said again under its key it is not counted again."""
        if self.record is not None:
            headers = {REFUSED: str(problem.code)}
            self.record.status, self.record.headers, self.record.body = PROBLEMS[problem.code].status, headers, problem.detail or ""
            db.add(self.record)

    async def forget(self, db: AsyncSession) -> None:
        """What was answered came to nothing after all: a repetition tries again."""
        if self.record is not None:
            mine = (CommandRecord.person_id == self.record.person_id, CommandRecord.key == self.record.key)
            await db.execute(delete(CommandRecord).where(*mine).execution_options(synchronize_session=False))


def once(request: Request, author: By, key: str | None, body: bytes) -> Once:
    """`body` is what was asked for, in a form that a repetition gives again. Raises Problem: idempotency_key_invalid."""
    demand_plain(key)
    if key is None:
        return Once(None)
    return Once(CommandRecord(person_id=author.person_id, key=key, fingerprint=fingerprint(request, body), at=author.now))


async def once_files(request: Request, author: By, key: str | None, uploads: Sequence[UploadFile], *fields: object) -> Once:
    """The same for files with the fields of their form: its parts are divided otherwise each time. Leaves the files at their beginning."""
    return once(request, author, key, repr((*[await _digest(upload) for upload in uploads], *fields)).encode())


async def _digest(upload: UploadFile) -> str:
    digest = hashlib.sha256()
    while block := await upload.read(BLOCK):
        await asyncio.to_thread(digest.update, block)
    await upload.seek(0)
    return digest.hexdigest()


async def _once(request: Request, author: ByDep, key: KeyHeader = None) -> Once:
    return once(request, author, key, await request.body() if key is not None else b"")


OnceDep = Annotated[Once, Depends(_once)]

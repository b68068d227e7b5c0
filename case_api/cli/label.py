"""`calmdesk label`: a recorded session as the draft of a labelled conversation, for `calmdesk eval`."""

from __future__ import annotations

import asyncio
import getpass
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from audio_service.client.source import UnreadableAudioError, read_audio
from audio_service.evaluation.corpus import Conversation, add_conversation, known
from audio_service.evaluation.draft import Heard, draft
from audio_service.evaluation.problems import CorpusError
from audio_service.messages import SAMPLE_RATE
from case_api.cli.common import fail, out, run
from case_api.problems import Problem, ProblemCode
from case_api.sessions import repository
from case_api.sessions.audio import finished_file
from models import audit
from models.consents import Consent, stands
from models.engine import Factory, reading, transaction
from models.sessions import Session
from models.settings import Settings


def label(
    session_id: Annotated[str, typer.Argument(metavar="SESSION", help="Id of a session that was recorded and has ended")],
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Folder of labelled conversations; made if there is none")],
) -> None:
    """Copy a session's audio into CORPUS with a draft of its labels: who spoke when, and what was heard.

    Correct it by hand (labels.json): kind, onset and offset of the agitation, roles, texts; `calmdesk eval` refuses drafts. Only with the
    customer's consent to the recording; the export is in the audit record. Exit status 1 when there is nothing that may be copied.
    """

    async def work(factory: Factory, settings: Settings) -> Conversation:
        session, heard = await _said(factory, session_id)
        path = finished_file(settings.data_dir, session.recording_path)
        if path is None:
            raise Problem(ProblemCode.AUDIO_GONE, session_id)
        samples = await asyncio.to_thread(_audio, path)
        made = draft(session.id, samples.size / SAMPLE_RATE, heard)
        known(corpus, made.id)
        async with transaction(factory) as db:  # nothing leaves the store without a record of it
            who, subject = audit.Actor(f"cli:{getpass.getuser()}"), audit.Subject("session", session.id, session.site_id)
            audit.record(db, who, "cli:session:label", subject, after={"turns": len(made.turns)})
        await asyncio.to_thread(add_conversation, corpus, made, samples)
        return made

    try:
        made = run(work)
    except CorpusError as error:
        fail(str(error), 1)
        raise AssertionError("fail ends the command") from error
    out.print(f"{corpus / made.audio}　{made.seconds:.0f} s，{len(made.turns)} 段 · turns", highlight=False, soft_wrap=True)
    out.print("请核对 labels.json：kind、onset、offset、说话人、文字 · now correct labels.json")


async def _said(factory: Factory, session_id: str) -> tuple[Session, list[Heard]]:
    """The session and its utterances. Raises Problem: not_found, not_recorded (refused, withdrawn, or still running)."""
    async with reading(factory) as db:
        session = await db.get(Session, session_id)
        if session is None:
            raise Problem(ProblemCode.NOT_FOUND, session_id)
        consent = await db.get(Consent, session.consent_id)
        if consent is None or not stands(session, consent):
            raise Problem(ProblemCode.NOT_RECORDED, session_id)
        terms: defaultdict[str, list[str]] = defaultdict(list)
        for hit in await repository.keywords(db, session_id):
            if not hit.false_hit and hit.term not in terms[hit.utterance_id]:
                terms[hit.utterance_id].append(hit.term)
        said: list[Any] = list(await repository.utterances(db, session_id))
    return session, [Heard(one.speaker, one.start, one.end, one.text, tuple(terms[one.id])) for one in said]


def _audio(path: Path) -> NDArray[np.int16]:
    try:
        return read_audio(path)
    except UnreadableAudioError as error:
        raise Problem(ProblemCode.AUDIO_GONE, str(error)) from error

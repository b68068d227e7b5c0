"""`calmdesk label`: a consented, recorded session becomes a draft; anything else stays where it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from click.testing import Result
from sqlalchemy import select, update
from typer.testing import CliRunner

from audio_service.evaluation.corpus import read_corpus, read_labels, write_labels
from audio_service.evaluation.problems import CorpusError
from case_api.cli import app
from models.audit import AuditRecord
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, create_engine, reading, session_factory, transaction
from models.keywords import KeywordHit
from models.people import Person
from models.sessions import Session
from models.settings import Settings, get_settings
from models.sites import Site
from models.utterances import Utterance

Work = Callable[[Factory], Coroutine[Any, Any, Any]]
RATE = 16_000


class Desk:
    """A database with one recorded session, and the program on it."""

    def __init__(self, settings: Settings, corpus: Path) -> None:
        self.settings, self.corpus = settings, corpus
        self.session: str = self.on(_session)
        folder = settings.data_dir / "recordings" / self.session
        folder.mkdir(parents=True)
        self.samples = np.random.default_rng(1).integers(-9000, 9000, 8 * RATE).astype(np.int16)
        sf.write(folder / "recording.flac", self.samples, RATE)
        self.change(Session, recording_path=f"recordings/{self.session}/recording.flac")

    def on(self, work: Work) -> Any:
        async def inside() -> Any:
            engine = create_engine(self.settings)
            try:
                return await work(session_factory(engine))
            finally:
                await engine.dispose()

        return asyncio.run(inside())

    def change(self, table: Any, **values: Any) -> None:
        async def work(factory: Factory) -> None:
            async with transaction(factory) as db:
                await db.execute(update(table).values(**values))

        self.on(work)

    def actions(self) -> list[str]:
        async def work(factory: Factory) -> list[str]:
            async with reading(factory) as db:
                return list(await db.scalars(select(AuditRecord.action)))

        return list(self.on(work))

    def label(self, session: str | None = None) -> Result:
        return CliRunner().invoke(app, ["label", session or self.session, str(self.corpus)])


async def _session(factory: Factory) -> str:
    async with transaction(factory) as db:
        site = Site(code="HD", name="海德花园")
        person = Person(username="lijing", display_name="李静", password_hash="x")
        consent = Consent(recording=True, notice_version="v", notice_text="告知", method="spoken")
        db.add_all([site, person, consent])
        await db.flush()
        session = Session(
            site_id=site.id, staff_id=person.id, consent_id=consent.id, recording=True, status="ended", codec="opus", sample_rate=RATE
        )
        db.add(session)
        await db.flush()
        said = [
            ("staff", 0.5, 2.0, "您先坐下"),
            ("customer", 2.2, 5.0, "我要找媒体曝光"),
            ("customer", 4.9, 6.0, "退钱"),
            ("unsure", 7, 8.2, ""),
        ]
        for number, (who, start, end, text) in enumerate(said):
            at = {"session_id": session.id, "ordinal": number, "start": start, "end": end}
            db.add(Utterance(**at, id=f"u{number}", speaker=who, confidence=0.9, text=text))
        for number, (term, false) in enumerate([("曝光", False), ("媒体", True), ("曝光", False)]):
            hit = {"session_id": session.id, "ordinal": number, "utterance_id": "u1", "at": 3.0, "end": 3.5, "speaker": "customer"}
            db.add(KeywordHit(**hit, term=term, category="媒体", heard=term, match="exact", score=1.0, false_hit=false))
    return session.id


@pytest.fixture
def desk(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CALMDESK_DATABASE_URL", settings.database_url)
    get_settings.cache_clear()
    yield Desk(settings, tmp_path / "corpus")
    get_settings.cache_clear()


def test_a_recorded_session_becomes_a_draft_that_only_needs_correcting(desk: Desk) -> None:
    result = desk.label()
    assert result.exit_code == 0, result.output
    [made] = read_labels(desk.corpus)
    assert (made.id, made.kind, made.seconds, made.onset, made.staff_voice) == (desk.session, "draft", 8.0, None, None)
    assert [(turn.role, turn.start, turn.end, turn.keywords) for turn in made.turns] == [
        ("staff", 0.5, 2.0, []),
        ("customer", 2.2, 5.0, ["曝光"]),  # what a trainer marked as heard wrongly stays out
        ("customer", 5.0, 6.0, []),
        ("unsure", 7.0, 8.0, []),
    ]
    assert np.array_equal(sf.read(desk.corpus / made.audio, dtype="int16")[0], desk.samples)
    assert desk.actions() == ["cli:session:label"]
    with pytest.raises(CorpusError, match=r"not_labelled[^$]*role_open"):
        read_corpus(desk.corpus)
    turns = [turn.model_copy(update={"role": "customer"}) if turn.role == "unsure" else turn for turn in made.turns]
    write_labels(desk.corpus, [made.model_copy(update={"kind": "escalate", "onset": 2.2, "offset": 6.0, "turns": turns})])
    assert read_corpus(desk.corpus).conversations[0].onset == 2.2


def test_nothing_but_voice_and_words_goes_along(desk: Desk) -> None:
    desk.label()
    text = (desk.corpus / "labels.json").read_text(encoding="utf-8")
    assert "lijing" not in text
    assert "李静" not in text
    assert set(json.loads(text)[0]) == {"id", "kind", "seconds", "onset", "offset", "staff_voice", "turns"}


@pytest.mark.parametrize(
    ("table", "values", "words"),
    [
        (Session, {"recording": False}, "未同意录音"),
        (Consent, {"withdrawn_at": utc_now()}, "未同意录音"),
        (Session, {"recording_path": None}, "没有可播放的录音"),
        (Session, {"recording_path": "../../../etc/passwd"}, "没有可播放的录音"),
    ],
)
def test_what_may_not_be_copied_stays(desk: Desk, table: Any, values: dict[str, Any], words: str) -> None:
    desk.change(table, **values)
    result = desk.label()
    assert result.exit_code == 1
    assert words in result.stderr
    assert not desk.corpus.exists()
    assert desk.actions() == []


def test_a_session_is_labelled_once(desk: Desk) -> None:
    desk.label()
    before = (desk.corpus / "labels.json").read_bytes()
    again = desk.label()
    assert (again.exit_code, "id_repeated" in again.stderr) == (1, True)
    assert (desk.corpus / "labels.json").read_bytes() == before
    assert desk.actions() == ["cli:session:label"]


def test_an_unknown_session_is_not_found(desk: Desk) -> None:
    assert desk.label("no-such-session").exit_code == 1

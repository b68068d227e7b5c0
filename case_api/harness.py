"""A real service in a process of its own, with a staff member who may use it: for the demo, the benchmarks and the crash tests."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_service.client.phone import Phone
from audio_service.client.source import read_audio
from audio_service.hearing import Enrolment, HearingModels
from audio_service.intake.codecs import as_float
from audio_service.intake.recording import iter_samples
from audio_service.messages import SAMPLE_RATE
from case_api.accounts.passwords import hash_password, one_time_password
from case_api.accounts.service import issue_token
from case_api.bootstrap import DEFAULT_SITE, bootstrap
from case_api.notices import current_notice
from case_api.sites.repository import site_by_code
from models import migrations
from models.base import utc_now
from models.engine import create_engine, session_factory, transaction
from models.enrolments import VoiceEnrolment
from models.people import Person, PersonRole
from models.settings import Settings

READY_SECONDS = 240.0
STOP_SECONDS = 30.0


class ServiceFailed(RuntimeError):
    """The service ended before it was ready; the message is the end of its log."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who plays the conversations. The password is known to nobody else and to nobody afterwards."""

    person_id: str
    username: str
    password: str
    token: str


def own_settings(data_dir: Path) -> Settings:
    """Settings with everything in `data_dir`: the database that the environment or a file names is real, and never touched."""
    return Settings(data_dir=data_dir, database_url=own_database(data_dir), tls="off")


def own_database(data_dir: Path) -> str:
    """The address of the SQLite database in `data_dir`."""
    return f"sqlite+aiosqlite:///{data_dir / 'calmdesk.db'}"


async def prepare(settings: Settings, name: str, enrolment: Path | None = None, *, measures: bool = False) -> Staff:
    """A staff member of the first site, signed in, with the voice of `enrolment` enrolled. The database is made if there is none.

    With `measures` the staff member may read the service's measurements too, which takes an administrator.
    """
    await asyncio.to_thread(migrations.upgrade, settings)
    vectors = await asyncio.to_thread(_vectors, enrolment) if enrolment else None
    engine = create_engine(settings)
    factory = session_factory(engine)
    password = one_time_password()
    hashed = await hash_password(password)
    await bootstrap(factory)
    async with transaction(factory) as db:
        site = await site_by_code(db, str(DEFAULT_SITE["code"]))
        assert site is not None
        roles = [PersonRole(role="staff", site_id=site.id), PersonRole(role="site_manager", site_id=site.id)]
        if measures:
            roles.append(PersonRole(role="admin", site_id=None))
        person = Person(username=f"{name}-{os.urandom(3).hex()}", display_name="演示顾问", password_hash=hashed, roles=roles)
        person.must_change_password = False
        db.add(person)
        await db.flush()
        token, _ = issue_token(db, person, settings.auth)
        if vectors is not None:
            notice = current_notice("enrolment")
            row = VoiceEnrolment(person_id=person.id, windows=len(vectors.vectors), raised=False, consent_at=utc_now())
            row.consent_text_version, row.embedding = notice.version, vectors.vectors.astype("<f4").tobytes()
            db.add(row)
    await engine.dispose()
    return Staff(person.id, person.username, password, token)


def _vectors(recording: Path) -> Enrolment:
    return Enrolment.from_recordings(HearingModels.load(), [as_float(read_audio(recording))])


@dataclass(frozen=True, slots=True)
class Killed:
    """A conversation during which the service was killed: every message, the phone, and (acknowledged, stored) samples at each death."""

    events: list[dict[str, Any]]
    phone: Phone
    at_kill: list[tuple[int, int]]

    @property
    def lost(self) -> int:
        """Samples that were acknowledged and not there after a death."""
        return sum(max(0, acked - stored) for acked, stored in self.at_kill)


def staff_phone(service: Service, staff: Staff, on_message: Callable[[dict[str, Any]], None]) -> Phone:
    """A phone of `staff`, whose customer agreed to be recorded."""
    consent = {"recording": True, "notice_version": current_notice("recording").version, "method": "written", "informed_by": "calmdesk"}
    return Phone(service.url, staff.token, consent, on_message)


def play_and_kill(service: Service, staff: Staff, samples: NDArray[np.int16], speed: float, moments: Sequence[float]) -> Killed:
    """Play int16 16 kHz samples at `speed`; SIGKILL the service at `moments` (s of wall clock), start it again each time."""
    events: list[dict[str, Any]] = []
    at_kill: list[tuple[int, int]] = []
    phone = staff_phone(service, staff, events.append)

    def kill() -> None:
        begun = time.monotonic()
        for moment in moments:
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            service.kill()
            acked = max((event["seq"] + 1 for event in list(events) if event["type"] == "ack"), default=0)
            stored = sum(block.size for block in iter_samples(service.data_dir / "recordings" / str(phone.session)))
            at_kill.append((min(acked * SAMPLE_RATE * phone.packet_ms // 1000, samples.size), stored))
            service.start()

    with ThreadPoolExecutor(1) as killer:
        killing = killer.submit(kill)
        asyncio.run(phone.play(samples, speed))
        killing.result()
    return Killed(events, phone, at_kill)


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """`calmdesk serve` on a loopback port, without TLS, on the database in its data folder whatever is configured elsewhere.

    A context manager; `kill` is a power cut, `stop` a polite end. `environment` adds settings. It ends with this process, however that
    ends: its standard input is a pipe that this process alone keeps open.
    """

    data_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/stream"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.data_dir / "service.log"

    def __enter__(self) -> Service:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the service is ready. Raises ServiceFailed."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        own = {"CALMDESK_DATA_DIR": str(self.data_dir), "CALMDESK_PORT": str(self.port), "CALMDESK_HOST": "127.0.0.1"}
        own |= {"CALMDESK_DATABASE_URL": own_database(self.data_dir), "CALMDESK_TLS": "off"}  # beats a file too
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "case_api.cli", "serve", "--with-input"],
                env=os.environ | own | dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.PIPE,
            )
        self._wait()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing is said."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self) -> int:
        """The exit status, once the service has ended by itself. Raises subprocess.TimeoutExpired."""
        assert self._process is not None
        status = self._process.wait(STOP_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.close()
        return status

    def processor_seconds(self) -> float:
        """What the service has worked so far: what a busy machine does not change. Linux only."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def metrics(self, token: str) -> str:
        """The service's own measurements, in Prometheus' text format."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read(), "utf-8")

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                self.wait()
                raise ServiceFailed(self.log.read_text(encoding="utf-8", errors="replace")[-2000:])
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise ServiceFailed(f"not ready within {READY_SECONDS:.0f} s")

"""Who speaks: d-vector windows against the enrolled staff voice and against the voices of this session.

A window's evidence is a log-likelihood ratio, staff over customer. It starts from the cosine to the enrolment alone; once both sides have
been heard in this room, the difference between the cosines to the two session voices is added, which tells the two apart far better than
any absolute threshold. Customer voices exist in memory only and end with the session. Without an enrolment the session's two voices are
told apart just the same, and the one nearer to the phone (louder) is taken for staff, at limited confidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from audio_service.hearing.enrolment import Enrolment, unit
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

ENROLLED_SLOPE = 20.0
SESSION_SLOPE = 14.0
WINDOW_LIMIT = 4.0
"""Log-odds one window may carry: windows overlap and err together."""
LEARN_AT = 2.0
"""Log-odds per window from which an utterance teaches the session's voices."""
SESSION_WINDOWS = 6
"""Windows a session voice needs before it is trusted."""
MAX_CUSTOMERS = 3
"""A family at the table: customer voices kept apart."""
NEW_VOICE = 0.55
"""Cosine under which an utterance belongs to a voice not heard before."""
NEARER_DB = 3.0
UNENROLLED_LIMIT = 2.0
"""Log-odds cap (posterior .88) while roles rest on loudness alone."""


@dataclass
class Voice:
    """A voice of this session: running sum of window vectors, and how loud it is."""

    total: Floats
    windows: int
    loudness: float

    @property
    def centre(self) -> Floats:
        return unit(self.total)

    def learn(self, total: Floats, windows: int, loudness: float) -> None:
        self.total = self.total + total
        self.windows += windows
        self.loudness += (loudness - self.loudness) * windows / self.windows


@dataclass
class Heard:
    """What was heard of one utterance: window vectors in time order, with the time each window ends."""

    ends: list[float] = field(default_factory=list)
    vectors: list[Floats] = field(default_factory=list)

    def split(self, at: float) -> tuple[Heard, Heard]:
        """The windows centred before and after a time."""
        cut = sum(end - 0.4 < at for end in self.ends)
        return Heard(self.ends[:cut], self.vectors[:cut]), Heard(self.ends[cut:], self.vectors[cut:])


class Voices:
    """The voices of one session, and the log-odds they give a window."""

    def __init__(self, settings: DetectionSettings, enrolment: Enrolment | None) -> None:
        self._set = settings
        self._enrolment = enrolment
        self._staff: Voice | None = None
        self._customers: list[Voice] = []

    def log_odds(self, vectors: Floats) -> Floats:
        """(n, 256) window vectors → (n,) log-odds of staff over customer."""
        session = self._session(vectors)
        if self._enrolment is None:
            return np.zeros(len(vectors), np.float32) if session is None else np.clip(session, -UNENROLLED_LIMIT, UNENROLLED_LIMIT)
        enrolled = ENROLLED_SLOPE * (np.max(vectors @ self._enrolment.vectors.T, axis=1) - self._set.staff_similarity)
        evidence = enrolled if session is None else 0.5 * enrolled + session
        return np.asarray(np.clip(evidence, -WINDOW_LIMIT, WINDOW_LIMIT), np.float32)

    def posterior(self, heard: Heard) -> float:
        """Probability that an utterance is the customer's; one half before anything was heard."""
        if not heard.vectors:
            return 0.5
        odds = self.log_odds(np.stack(heard.vectors))
        return float(1.0 / (1.0 + np.exp(np.mean(odds) * min(2.0, 0.5 + 0.5 * len(odds)))))

    def decide(self, customer: float) -> tuple[Speaker, float]:
        """Posterior → the speaker to name and the confidence in it."""
        if customer >= self._set.speaker_sure:
            return Speaker.CUSTOMER, customer
        if customer <= 1.0 - self._set.speaker_sure:
            return Speaker.STAFF, 1.0 - customer
        return Speaker.UNSURE, max(customer, 1.0 - customer)

    def learn(self, heard: Heard, loudness: float) -> None:
        """A finished utterance teaches the session's voices, if it is clear whose it was."""
        if len(heard.vectors) < 2:
            return
        vectors = np.stack(heard.vectors)
        total = np.sum(vectors, axis=0)
        if self._enrolment is None:
            self._learn_unenrolled(total, len(vectors), loudness)
            return
        odds = float(np.mean(self.log_odds(vectors)))
        if odds >= LEARN_AT:
            self._staff = _taught(self._staff, total, len(vectors), loudness)
        elif odds <= -LEARN_AT:
            self._learn_customer(total, len(vectors), loudness)

    def _session(self, vectors: Floats) -> Floats | None:
        if self._staff is None or not self._customers:
            return None
        if self._staff.windows < SESSION_WINDOWS or sum(voice.windows for voice in self._customers) < SESSION_WINDOWS:
            return None
        customers = np.stack([voice.centre for voice in self._customers])
        difference = SESSION_SLOPE * (vectors @ self._staff.centre - np.max(vectors @ customers.T, axis=1))
        return np.asarray(difference, np.float32) * self._role()

    def _role(self) -> float:
        """Without an enrolment the first voice kept is only called staff; the nearer one is."""
        if self._enrolment is not None or self._staff is None:
            return 1.0
        nearer = self._staff.loudness - max(voice.loudness for voice in self._customers)
        return float(np.clip(nearer / NEARER_DB, -1.0, 1.0))

    def _learn_customer(self, total: Floats, windows: int, loudness: float) -> None:
        similarities = [float(voice.centre @ unit(total)) for voice in self._customers]
        if similarities and (max(similarities) >= NEW_VOICE or len(self._customers) == MAX_CUSTOMERS):
            self._customers[int(np.argmax(similarities))].learn(total, windows, loudness)
        else:
            self._customers.append(Voice(total, windows, loudness))

    def _learn_unenrolled(self, total: Floats, windows: int, loudness: float) -> None:
        if self._staff is None:
            self._staff = Voice(total, windows, loudness)
            return
        first = float(self._staff.centre @ unit(total))
        other = float(self._customers[0].centre @ unit(total)) if self._customers else -1.0
        if first >= max(other, NEW_VOICE):
            self._staff.learn(total, windows, loudness)
        elif self._customers:
            self._customers[0].learn(total, windows, loudness)
        else:
            self._customers.append(Voice(total, windows, loudness))


def _taught(voice: Voice | None, total: Floats, windows: int, loudness: float) -> Voice:
    if voice is None:
        return Voice(total, windows, loudness)
    voice.learn(total, windows, loudness)
    return voice

"""Who speaks: d-vector windows against the enrolled staff voice and against the voices of this session.

The voices heard are clustered as they come. Which of them is staff is a comparison, not a fixed threshold: rooms and phones move every
cosine, but the staff member's cluster stays the one most like the enrolment. The log-odds of a window add two differences: its cosine to
the enrolment over the middle between the clusters, and its cosine to this session's staff voices over that to its customer voices. Two who
sound so alike that they fall into one cluster are told apart by all utterances together (`halves`).
Customer voices exist in memory only and end with the session. Without an enrolment the voices are told apart just the same, and of the two
that speak most the one nearer to the phone (louder at first) is taken for staff, at limited confidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from audio_service.hearing.enrolment import Enrolment, unit
from audio_service.hearing.halves import Halves
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

ENROLLED_SLOPE = 20.0
COLD_SLOPE = 14.0
"""The same while one voice only has been heard: how like the enrolment a voice sounds in this room is not known yet."""
SESSION_SLOPE = 14.0
WINDOW_LIMIT = 4.0
"""Log-odds one window may carry: windows overlap and err together."""
KNOWN_WINDOWS = 4
"""Windows a voice needs before it is compared with."""
APART = 0.12
"""Difference of two voices' cosines to the enrolment from which the more similar one is taken for staff."""
MIDDLE_LOW, MIDDLE_HIGH = 0.38, 0.62
"""Bounds of the even point between staff and customer."""
JOIN = 0.72
"""Cosine from which an utterance belongs to a voice heard before."""
MAX_VOICES = 5
"""Staff, a family at the table, a colleague passing by."""
NEARER_DB = 3.0
LEVEL_WINDOWS = 40
"""First windows of a voice by which it is told how near it sits: later it may be raised."""
UNENROLLED_LIMIT = 2.0
"""Log-odds cap (posterior .88) while roles rest on loudness alone."""


@dataclass
class Voice:
    """A voice of this session: sum of its window vectors, and how loud it is."""

    total: Floats
    windows: int
    loudness: float

    @property
    def centre(self) -> Floats:
        """(256,) at length one."""
        return unit(self.total)

    def learn(self, total: Floats, windows: int, loudness: float) -> None:
        """Adds an utterance's windows."""
        self.total = self.total + total
        self.windows += windows
        if self.windows <= LEVEL_WINDOWS:
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

    def within(self, start: float, end: float) -> Heard:
        """The windows centred between two times."""
        return self.split(start)[1].split(end)[0]


class Voices:
    """The voices of one session, and the log-odds they give a window."""

    def __init__(self, settings: DetectionSettings, enrolment: Enrolment | None) -> None:
        self._set = settings
        self._enrolment = enrolment
        self._voices: list[Voice] = []
        self._halves = Halves()
        self._staff: Floats | None = None
        self._customers: Floats | None = None
        self._middle = settings.staff_similarity
        self._trust = 1.0

    @property
    def compared(self) -> bool:
        """Whether both sides have been heard and told apart."""
        return self._staff is not None

    @property
    def told_apart(self) -> bool:
        """Whether it is known what staff sounds like; until then only a change of voice can be heard."""
        return self._enrolment is not None or self.compared

    def log_odds(self, vectors: Floats) -> Floats:
        """(n, 256) window vectors → (n,) log-odds of staff over customer."""
        odds = np.zeros(len(vectors), np.float32)
        if self._enrolment is not None:
            slope = ENROLLED_SLOPE if self.compared else COLD_SLOPE
            odds += slope * (np.max(vectors @ self._enrolment.vectors.T, axis=1) - self._middle)
        if self._staff is not None and self._customers is not None:
            session = SESSION_SLOPE * (np.max(vectors @ self._staff.T, axis=1) - np.max(vectors @ self._customers.T, axis=1))
            odds = 0.5 * odds + self._trust * session
        limit = WINDOW_LIMIT if self._enrolment is not None else UNENROLLED_LIMIT
        return np.asarray(np.clip(odds, -limit, limit), np.float32)

    def posterior(self, heard: Heard) -> float:
        """Probability that an utterance is the customer's; one half before anything was heard."""
        if not heard.vectors:
            return 0.5
        odds = self.log_odds(np.stack(heard.vectors))
        weight = min(2.0, 0.5 + 0.5 * len(odds)) if self._enrolment is not None else 1.0
        return float(1.0 / (1.0 + np.exp(np.mean(odds) * weight)))

    def decide(self, customer: float) -> tuple[Speaker, float]:
        """Posterior → the speaker to name and the confidence in it."""
        if customer >= self._set.speaker_sure:
            return Speaker.CUSTOMER, customer
        if customer <= 1.0 - self._set.speaker_sure:
            return Speaker.STAFF, 1.0 - customer
        return Speaker.UNSURE, max(customer, 1.0 - customer)

    def familiar(self, heard: Heard) -> bool:
        """Whether all of this could be a customer heard before: nobody else's voice is judged by their baseline.

        A stranger's is unlike every customer's; where somebody else goes on in the same utterance, two windows in a row speak for staff.
        """
        if not heard.vectors:
            return True
        vectors = np.stack(heard.vectors)
        odds = self.log_odds(vectors)
        if len(odds) > 1 and np.max(odds[1:] + odds[:-1]) > 0.0:
            return False
        return self._customers is None or float(np.max(self._customers @ unit(np.sum(vectors, axis=0)))) >= self._set.customer_similarity

    def learn(self, heard: Heard, loudness: float) -> None:
        """A finished utterance joins the voice it resembles, or starts a new one; then the roles are compared afresh."""
        if len(heard.vectors) < 2:
            return
        total, windows = np.sum(np.stack(heard.vectors), axis=0), len(heard.vectors)
        if self._enrolment is not None:
            self._halves.learn(total, windows, self._likeness(total, windows))
        similarities = [float(voice.centre @ unit(total)) for voice in self._voices]
        if similarities and (max(similarities) >= JOIN or len(self._voices) == MAX_VOICES):
            self._voices[int(np.argmax(similarities))].learn(total, windows, loudness)
        elif windows >= 3 or not similarities:
            self._voices.append(Voice(total, windows, loudness))
        self._compare()

    def _likeness(self, total: Floats, windows: int) -> float:
        """Mean cosine to the enrolled voice, the most similar of its recordings."""
        assert self._enrolment is not None  # nobody asks without one
        return float(np.max(self._enrolment.vectors @ total)) / windows

    def _compare(self) -> None:
        if not self._compared_voices() and self._enrolment is not None and (parted := self._halves.part()) is not None:
            self._middle = float(np.clip(parted.middle, MIDDLE_LOW, MIDDLE_HIGH))
            self._staff, self._customers = parted.likelier[np.newaxis], parted.other[np.newaxis]

    def _compared_voices(self) -> bool:
        """Whether the clusters are surely more than one person's; which of them is staff, then."""
        known = [voice for voice in self._voices if voice.windows >= KNOWN_WINDOWS]
        if len(known) < 2:
            return False
        if self._enrolment is None:
            far, near = sorted(sorted(known, key=lambda voice: voice.windows)[-2:], key=lambda voice: voice.loudness)
            self._trust = float(np.clip((near.loudness - far.loudness) / NEARER_DB, 0.0, 1.0))
            staff = np.array([voice.centre @ near.centre >= voice.centre @ far.centre for voice in known])
        else:
            likeness = np.array([self._likeness(voice.total, voice.windows) for voice in known])
            if likeness.max() - likeness.min() < APART:
                return False
            self._middle = float(np.clip((likeness.max() + likeness.min()) / 2, MIDDLE_LOW, MIDDLE_HIGH))
            staff = likeness >= self._middle
        centres = np.stack([voice.centre for voice in known])
        if not staff.any() or staff.all():
            return False
        self._staff, self._customers = centres[staff], centres[~staff]
        return True

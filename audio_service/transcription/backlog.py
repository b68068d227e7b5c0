"""Which transcription runs next. Pure policy: jobs and clock readings in, jobs out; the threads are in `scheduler`.

Finals go before partials, and second listenings come last, oldest first: they add to what was told already. One that has waited for
PATIENCE_SECONDS goes before the partials that came since, so that no conversation has to wait for all others to fall silent. Among finals
the oldest goes first, except that every final a conversation already has waiting makes its next one look FAIR_SECONDS younger: a
conversation that floods the queue waits for itself, and nobody starves. A partial takes the place of the waiting partial of its
utterance, so it is never behind because it is fresh.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

FAIR_SECONDS = 2.0
PATIENCE_SECONDS = 4.0
AGAIN_MAX = 16
"""Second listenings that wait at most."""

Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True)
class Job(Generic[Payload]):
    """One request. `at` is when it was made, `rank` the time it is sorted by."""

    session: str
    utterance: str
    final: bool
    at: float
    rank: float
    payload: Payload


class Backlog(Generic[Payload]):
    """Waiting jobs, bounded: `finals_max` in all, `session_finals_max` of one conversation, one partial an utterance, AGAIN_MAX."""

    def __init__(self, finals_max: int, session_finals_max: int) -> None:
        self._finals_max = finals_max
        self._session_finals_max = session_finals_max
        self._finals: list[Job[Payload]] = []
        self._partials: dict[tuple[str, str], Job[Payload]] = {}
        self._again: deque[Job[Payload]] = deque()

    def __len__(self) -> int:
        return len(self._finals) + len(self._partials) + len(self._again)

    def oldest_final(self) -> float | None:
        """When the final that waits longest was asked for."""
        return min((job.at for job in self._finals), default=None)

    def full_for(self, session: str) -> bool:
        return len(self._finals) >= self._finals_max or self._waiting(session) >= self._session_finals_max

    def add_final(self, session: str, utterance: str, at: float, payload: Payload) -> Job[Payload] | None:
        """Queues a final; returns the partial of its utterance that it makes pointless."""
        self._finals.append(Job(session, utterance, True, at, at + FAIR_SECONDS * self._waiting(session), payload))
        return self._partials.pop((session, utterance), None)

    def add_partial(self, session: str, utterance: str, at: float, payload: Payload) -> Job[Payload] | None:
        """Queues a partial; returns the one it replaces, or itself when a final of its utterance waits already."""
        job = Job(session, utterance, False, at, at, payload)
        if any((final.session, final.utterance) == (session, utterance) for final in self._finals):
            return job
        replaced = self._partials.get((session, utterance))
        self._partials[session, utterance] = replace(job, rank=replaced.rank) if replaced else job
        return replaced

    def add_again(self, session: str, utterance: str, at: float, payload: Payload) -> Job[Payload] | None:
        """Queues a second listening; returns the oldest one if that has to go for it."""
        self._again.append(Job(session, utterance, False, at, at + PATIENCE_SECONDS, payload))
        return self._again.popleft() if len(self._again) > AGAIN_MAX else None

    def put_back(self, job: Job[Payload]) -> None:
        """A second listening that is half done: the next one, as soon as nothing else waits."""
        self._again.appendleft(job)

    def next(self) -> Job[Payload] | None:
        """Takes the job to run now, or None."""
        if self._finals:
            job = min(self._finals, key=lambda waiting: waiting.rank)
            self._finals.remove(job)
            return job
        first = min(self._partials, key=lambda key: self._partials[key].rank, default=None)
        if self._again and (first is None or self._again[0].rank < self._partials[first].rank):
            return self._again.popleft()
        return None if first is None else self._partials.pop(first)

    def discard(self, payload: Payload) -> None:
        """Takes a job back that nobody waits for any more (speech went on after all). One that runs already is not here."""
        self._finals = [job for job in self._finals if job.payload is not payload]
        self._partials = {key: job for key, job in self._partials.items() if job.payload is not payload}
        self._again = deque(job for job in self._again if job.payload is not payload)

    def drop_partials(self) -> list[Job[Payload]]:
        dropped = list(self._partials.values())
        self._partials.clear()
        return dropped

    def drop_again(self) -> list[Job[Payload]]:
        dropped = list(self._again)
        self._again.clear()
        return dropped

    def _waiting(self, session: str) -> int:
        return Counter(job.session for job in self._finals)[session]

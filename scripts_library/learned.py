"""What measured effects add to a script's rank: Thompson sampling between floors, repeatable for a conversation.

Floors: whatever was learned moves a script by at most `CAP`, less than what a script's own moment weighs, so nothing learned brings up
words for another moment, and nothing unapproved ever. What is known to do harm only goes down. Where it is urgent nothing is tried out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

from scripts_library.records import Moment


@dataclass(frozen=True, slots=True)
class Worth:
    """What is believed of a script: by how much (standard deviations of state) the customer is calmer 30 s later, and how surely."""

    mean: float
    sd: float
    moments: int

    @property
    def harms(self) -> bool:
        """Whether it is known to do harm: such a script only goes down."""
        return self.mean + SURE_HARM * self.sd < 0


CAP = 1.5
SCALE = 2.0
"""Points of rank that one standard deviation of calm is worth."""
UNKNOWN = Worth(0.0, 0.15, 0)
"""Of a script that was not shown often enough: no effect, give or take a little, so that it is tried now and then."""
SURE_HARM = 1.64
WHOLE = 10_000
_STANDARD = NormalDist()

URGENT = frozenset(
    {
        Moment.THREAT_LAWYER,
        Moment.THREAT_GROUP,
        Moment.THREAT_MEDIA,
        Moment.THREAT_COMPLAINT,
        Moment.DEMAND_SUPERIOR,
        Moment.LEAVING,
        Moment.REPEATED_OUTBURST,
    }
)


def is_urgent(moment: Moment, level: str) -> bool:
    """Whether the situation is red: nothing is withheld and nothing tried out."""
    return moment in URGENT or level == "agitated"


@dataclass(frozen=True, slots=True)
class Draw:
    """Why a script moved in the ranking: what was believed of it, what was drawn, the points it got."""

    mean: float
    sd: float
    moments: int
    drawn: float
    points: float


@dataclass(frozen=True)
class Plan:
    """What one conversation learns from and gives to learning. Fixed at its beginning, so that hearing it again gives the same prompts.

    `holdout_bp` of 10 000 prompts that are not urgent are withheld; `worths` are beliefs by script (empty: nothing learned is used).
    """

    session_id: str = ""
    holdout_bp: int = 0
    version: str | None = None
    worths: Mapping[str, Worth] = field(default_factory=dict)

    def draw(self, script_id: str, prompt: str, *, urgent: bool) -> Draw | None:
        """What learning says of a script at this prompt; None where nothing learned is used."""
        if not self.worths:
            return None
        worth = self.worths.get(script_id, UNKNOWN)
        drawn = worth.mean if urgent else worth.mean + worth.sd * _STANDARD.inv_cdf(self._chance("rank", prompt, script_id))
        points = -CAP if worth.harms else max(-CAP, min(CAP, SCALE * drawn))
        return Draw(worth.mean, worth.sd, worth.moments, round(drawn, 4), round(points, 4))

    def lot(self, *, urgent: bool) -> int:
        """Of 10 000 prompts like this how many are withheld: where it is urgent none, ever."""
        return 0 if urgent else self.holdout_bp

    def withholds(self, prompt: str, *, urgent: bool) -> bool:
        """Whether this prompt is one of those withheld at random."""
        return self._chance("hold", prompt) * WHOLE < self.lot(urgent=urgent)

    def _chance(self, *names: str) -> float:
        """Strictly between 0 and 1, and always the same for the same names in this conversation."""
        digest = hashlib.blake2b("/".join((self.session_id, *names)).encode(), digest_size=7).digest()
        return (int.from_bytes(digest) // 8 + 0.5) / 2**53

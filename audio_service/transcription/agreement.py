"""Partials that settle: what two hypotheses in a row agree on is shown for good, the rest stays provisional (LocalAgreement-2).

Source: Macháček et al., "Turning Whisper into a real-time transcription system", 2023. Here the unit is the character, marks are not
compared (they flip from one hypothesis to the next), and settled text is kept when a later hypothesis contradicts it.
"""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein


class Agreement:
    """Hypotheses of one utterance in, text and its settled length out. Settled characters never change and never shrink."""

    def __init__(self) -> None:
        self._settled = ""
        self._previous = ""

    def hear(self, hypothesis: str) -> tuple[str, int]:
        """(text to show, number of its leading characters that will not change any more) after one more hypothesis."""
        previous, self._previous = self._previous, hypothesis
        agreed = hypothesis[: _agreed_length(previous, hypothesis)]
        # what both say beyond the settled part is settled too; if they contradict it, it stays as it is
        self._settled += agreed[_position_after(self._settled, agreed) :]
        return self._settled + hypothesis[_position_after(self._settled, hypothesis) :], len(self._settled)


def _agreed_length(one: str, other: str) -> int:
    """Length of the part of `other` up to the last spoken character that both have in common from the start."""
    expected = (char for char in one if char.isalnum())
    length = 0
    for position, char in enumerate(other):
        if not char.isalnum():
            continue
        if next(expected, None) != char:
            break
        length = position + 1
    return length


def _position_after(prefix: str, text: str) -> int:
    """Where the part of `text` that corresponds to `prefix` ends: the cut that makes the two most alike."""
    return min(range(len(text) + 1), key=lambda cut: (Levenshtein.distance(prefix, text[:cut]), abs(cut - len(prefix))))

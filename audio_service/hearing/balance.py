"""Spectral balance (alpha ratio): 1–5 kHz over 50–1000 Hz. A raised voice is a brighter one; a nearer phone is only louder.

Source: Frøkjær-Jensen & Prytz (1976); .4–.7 dB a dB of vocal effort. The room's own energy in the two bands, learned while nobody speaks,
is taken off first: otherwise a louder voice in a noisy room would seem to change its colour.
"""

from __future__ import annotations

import numpy as np

from audio_service.hearing.spectra import Floats, band

LOW, HIGH = band(50, 1000), band(1000, 5000)
LEAST = 0.1
"""Share of a band's energy that is left at least: the noise estimate is only an average."""
LEARN = 0.08
"""Share by which a silent tick moves the noise estimate (about 1.2 s of silence)."""


class Balance:
    """Band energies of one stream without the room's noise."""

    def __init__(self) -> None:
        self._noise: Floats | None = None

    def push(self, power: Floats, silence: bool) -> Floats:
        """(10, 513) spectra, whether nobody speaks → (10, 2) energies of the low and the high band, noise subtracted."""
        energies = np.stack((power[:, LOW].sum(axis=1), power[:, HIGH].sum(axis=1)), axis=1)
        if silence:
            average = energies.mean(axis=0)
            self._noise = average if self._noise is None else self._noise + np.float32(LEARN) * (average - self._noise)
        if self._noise is None:
            return energies
        return np.asarray(np.maximum(energies - self._noise, np.float32(LEAST) * energies), np.float32)

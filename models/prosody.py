"""How it was said: ten measurements a second, packed in chunks of 30 s so that two hours are 240 rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Mapped

from models.base import Base, Ordinal, SessionKey

CHUNK_SECONDS = 30


class ProsodyTrack(Base):
    """One chunk. `columns` names the rows of the float32 array (columns × steps) that `data` holds, little-endian."""

    __tablename__ = "prosody_track"

    session_id: Mapped[SessionKey]
    ordinal: Mapped[Ordinal]
    start: Mapped[float]
    step: Mapped[float]
    columns: Mapped[list[Any]]
    data: Mapped[bytes]


def pack(columns: Mapping[str, NDArray[np.floating[Any]]]) -> tuple[list[str], bytes]:
    """Names and bytes of equally long columns (n,); NaN stands for "not measured"."""
    return list(columns), np.stack([np.asarray(values, dtype="<f4") for values in columns.values()]).tobytes()


def unpack(chunk: ProsodyTrack) -> dict[str, NDArray[np.float32]]:
    """The columns of a chunk, each (n,)."""
    rows = np.frombuffer(chunk.data, dtype="<f4").reshape(len(chunk.columns), -1)
    return dict(zip(chunk.columns, rows, strict=True))

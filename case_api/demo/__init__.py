"""What the demonstration plays: a synthetic negotiation and the staff member's enrolment, both made for this project."""

from __future__ import annotations

from pathlib import Path

NEGOTIATION = Path(__file__).with_name("negotiation.flac")
ENROLMENT = Path(__file__).with_name("enrolment.flac")

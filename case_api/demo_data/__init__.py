"""A believable year of two made-up sales offices: to look at, to train with, to show. Found by its marks, removed in one command.

Marks: sites with the codes `SITES`, people whose user names begin with `PREFIX`. Everything else hangs on these.
"""

from __future__ import annotations

from typing import Final

SITES: Final = {"DEMOA": ("演示·海德花园", "Demo: Hyde Gardens"), "DEMOB": ("演示·云麓", "Demo: Cloud Foothill")}
PREFIX: Final = "demo-"

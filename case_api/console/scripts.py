"""Scripts that elements of the console import, from each other too: `import { clock } from "calmdesk/player.js"`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHARED: Final = {"calmdesk": str(Path(__file__).parent / "shared")}
"""For an element's `esm`."""

"""Scripts that several elements of the console import: `import { clock } from "calmdesk/player.js"`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHARED: Final = {"calmdesk": str(Path(__file__).parent / "shared")}
"""For an element's `esm`."""

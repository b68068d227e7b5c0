"""One spelling of a value, and its hash: what people signed or approved is told apart from anything else by it. Pure."""

from __future__ import annotations

import hashlib
import json


def canonical_json(value: object) -> bytes:
    """One spelling a value: sorted keys, no spaces, UTF-8. Numbers have to be whole."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(value: object) -> str:
    """The hash of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()

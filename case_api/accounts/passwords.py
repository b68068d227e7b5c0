"""Passwords: argon2 in a small pool of threads, one-time passwords, and what counts as too weak."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import DEFAULT_MEMORY_COST, DEFAULT_PARALLELISM, DEFAULT_TIME_COST
from pwdlib import PasswordHash

from case_api.problems import Problem, ProblemCode

MIN_LENGTH = 10
MAX_LENGTH = 200
DISTINCT_MIN = 5
_ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper

_hasher = PasswordHash.recommended()
# Each argon2 run takes 64 MiB: two at a time keep a burst of sign-ins from eating the memory.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


def _normal(password: str) -> bytes:
    """The same bytes whichever keyboard typed it: full-width letters of a Chinese input method count as plain ones."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _of_nobody() -> str:
    """What looks like a hash and fits no password. Making a real one would take a quarter of a second at every start."""
    salt, digest = (base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (16, 32))
    return f"$argon2id$v=19$m={DEFAULT_MEMORY_COST},t={DEFAULT_TIME_COST},p={DEFAULT_PARALLELISM}${salt}${digest}"


# Checked where there is no account, so that the answer takes as long as for a wrong password.
_NOBODY = _of_nobody()


async def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, _normal(password))


async def verify_password(password: str, hashed: str | None) -> bool:
    """Whether the password fits; `hashed` None (no such account) does the same work and says no."""
    fits = await asyncio.get_running_loop().run_in_executor(_pool, _hasher.verify, _normal(password), hashed or _NOBODY)
    return fits and hashed is not None


def check_strength(password: str, username: str) -> None:
    """Raise `password_weak` for what an attacker tries first."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < MIN_LENGTH or len(set(plain)) < DISTINCT_MIN or username in plain:
        raise Problem(ProblemCode.PASSWORD_WEAK)


def one_time_password() -> str:
    """Four groups of four: 79 bits, easily read out over a telephone."""
    return "-".join("".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(4)) for _ in range(4))

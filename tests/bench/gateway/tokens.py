"""Who the clients of a benchmark are."""

from __future__ import annotations

import time
from typing import Final

import jwt

SECRET: Final = "a secret for benchmarks, of some length"
PSEUDONYM_KEY: Final = "a key of pseudonyms for benchmarks, long enough"
_HOUR_S: Final = 3600


def token(user: str) -> str:
    """A token of a user, good for an hour."""
    return jwt.encode({"sub": user, "exp": time.time() + _HOUR_S, "jti": user}, SECRET, "HS256")

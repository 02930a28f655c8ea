"""Why tokens are refused, as it is counted."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Values of the label `reason`; the sentence for the caller says more."""

    MISSING = "missing"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    KEYS_AWAY = "keys_away"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIMS = "claims"
    API_KEY = "api_key"
    ROLE = "role"

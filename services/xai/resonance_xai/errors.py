"""What explaining raises.

ExplanationError
└── MalformedAnomaly   it can never be explained, whatever is tried
ModelMissing (Unavailable)   the registry does not hold the version, yet or any more
"""

from __future__ import annotations

from resonance_runtime.errors import Unavailable


class ExplanationError(Exception):
    """Base of all errors raised on purpose by this service's domain; `str()` is a sentence."""


class MalformedAnomaly(ExplanationError):
    """The anomaly can never be explained, whatever is tried."""


class ModelMissing(Unavailable):
    """The registry does not hold the version, yet or any more; a stream waits for it."""

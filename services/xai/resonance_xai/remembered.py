"""Attributions that were computed before: of a vector under one version that had expected the same of it."""

from __future__ import annotations

from resonance_attribution.attribution import Attributed, Floats, Model, attributed
from resonance_attribution.sampling import IN_STREAM, Until
from resonance_runtime import metrics
from resonance_xai.bounded import Recent


class Remembered:
    """`attributed` with a memory. Used by one thread at a time.

    Its key is the version, values, reference, what was expected, and how many rows may be scored.
    """

    def __init__(self, size: int) -> None:
        self._known: Recent[tuple[str, bytes, bytes, bytes, int], Attributed] = Recent(size)

    def __call__(self, model: Model, vector: Floats, reference: Floats, until: Until = IN_STREAM) -> Attributed:
        """As `attributed`."""
        key = (model.version, vector.tobytes(), reference.tobytes(), model.expected.tobytes(), until.rows)
        known = self._known.get(key)
        metrics.XAI_CACHE.labels(outcome="miss" if known is None else "hit").inc()
        if known is None:
            known = attributed(model, vector, reference, until)
            self._known.put(key, known)
        return known

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()

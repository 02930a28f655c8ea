"""When what a model says is a finding."""

from __future__ import annotations

from typing import Final

FINDING_TAIL: Final = 1e-3
"""Share of ordinary vectors, at most, that score as high as a vector that the model finds unusual."""

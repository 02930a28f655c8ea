"""Errors of the auto-retrainer.

RetrainerError
├── InvalidBatch        a batch of vectors that the window cannot hold
├── ExportRefused       the exported model does not score as the trained one does
└── PromotionRefused    what was asked for cannot be made the champion
"""

from __future__ import annotations

from resonance_modeling.artifact import Parity


class RetrainerError(Exception):
    """Base of all errors raised on purpose by this service; `str()` is a sentence."""


class InvalidBatch(RetrainerError):
    """A batch of vectors that the window cannot hold."""


class ExportRefused(RetrainerError):
    """The exported model does not score as the trained one does.

    Attributes:
        parity: How far apart they are.
    """

    def __init__(self, parity: Parity) -> None:
        worst = max(parity.by_kind, key=lambda kind: parity.by_kind[kind])
        super().__init__(
            f"The exported model scores up to {parity.largest:.2e} away from the trained one over {parity.rows} rows "
            f"(mean {parity.mean:.2e}, worst on {worst} rows); at most {parity.tolerance:.0e} is accepted. "
            "It was not stored."
        )
        self.parity = parity


class PromotionRefused(RetrainerError):
    """What was asked for cannot be made the champion."""

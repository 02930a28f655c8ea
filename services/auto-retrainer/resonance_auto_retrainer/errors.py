"""Errors of the auto-retrainer.

RetrainerError
├── InvalidBatch        a batch of vectors that the window cannot hold
├── ExportRefused       the exported model does not score as the trained one does
├── PromotionRefused    what was asked for cannot be made the champion
│   ├── NothingBefore   no champion was before this one
│   └── NotLoadable     the version cannot be served
├── BadSnapshot         a training set that cannot be read
├── UnknownModel        there is no model of that name
├── AlreadyTraining     a training of the model waits or is under way
└── TooLittle           there is too little to learn from
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


class NothingBefore(PromotionRefused):
    """No champion was before this one, so there is nothing to roll back to."""


class NotLoadable(PromotionRefused):
    """The version cannot be served."""


class BadSnapshot(RetrainerError):
    """A training set that cannot be read."""


class UnknownModel(RetrainerError):
    """There is no model of that name."""


class AlreadyTraining(RetrainerError):
    """A training of the model waits or is under way."""


class TooLittle(RetrainerError):
    """There is too little to learn from."""

"""The optimiser Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"), its step falling to 0."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

MEAN_DECAY: Final = 0.9
SQUARE_DECAY: Final = 0.999
LEAST_ROOT: Final = 1e-8


class Adam:
    """Moves parameters, in place, against their gradients.

    Args:
        parameters: What is moved.
        step: Largest step of a parameter, at the beginning; it falls by half a cosine (Loshchilov and Hutter 2017).
        updates: How many there will be.
    """

    def __init__(self, parameters: Sequence[Array], step: float, updates: int) -> None:
        self._parameters = parameters
        self._means = [np.zeros_like(p) for p in parameters]
        self._squares = [np.zeros_like(p) for p in parameters]
        self._step = step
        self._updates = updates
        self._done = 0

    def update(self, gradients: Sequence[Array]) -> None:
        """One step; one gradient for each parameter, of its shape."""
        step = self._step * (1.0 + cos(pi * self._done / self._updates)) / 2.0
        self._done += 1
        step /= 1.0 - MEAN_DECAY**self._done
        root = sqrt(1.0 - SQUARE_DECAY**self._done)
        for parameter, mean, square, gradient in zip(
            self._parameters, self._means, self._squares, gradients, strict=True
        ):
            mean += (1.0 - MEAN_DECAY) * (gradient - mean)
            square += (1.0 - SQUARE_DECAY) * (gradient * gradient - square)
            parameter -= step * mean / (np.sqrt(square) / root + LEAST_ROOT)

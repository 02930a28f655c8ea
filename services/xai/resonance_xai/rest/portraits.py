"""What is kept of each model that was asked about: trees and overviews, which take seconds to make."""

from __future__ import annotations

from typing import Final

import numpy as np

from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.overview import Overview, overview
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import Surrogate, surrogate
from resonance_xai.bounded import Recent
from resonance_xai.rest.explainable import Explainable

KEPT: Final = 16


class Portraits:
    """Trees and overviews of the models that were asked about last. Used by one thread at a time."""

    def __init__(self) -> None:
        self._trees: Recent[tuple[str, str, int], Surrogate] = Recent(KEPT)
        self._overviews: Recent[tuple[str, str], Overview] = Recent(KEPT)

    def tree(self, subject: Subject, depth: int) -> Surrogate:
        """The tree that imitates a model. Raises WrongQuestion without reference rows."""
        _needs_rows(subject)
        key = (subject.version, subject.output, depth)
        known = self._trees.get(key)
        if known is None:
            known = surrogate(subject, depth)
            self._trees.put(key, known)
        return known

    def overview(self, subject: Subject) -> Overview:
        """Attributions of many rows. Raises WrongQuestion without reference rows."""
        _needs_rows(subject)
        key = (subject.version, subject.output)
        known = self._overviews.get(key)
        if known is None:
            known = overview(subject)
            self._overviews.put(key, known)
        return known

    def clear(self) -> None:
        """Forgets everything."""
        self._trees.clear()
        self._overviews.clear()


def typical(model: Explainable, output: str | None) -> Subject:
    """What is drawn of a model as a whole: the output that is asked for, or what it says of the reference."""
    return model.subject(np.array(model.reference), output)


def _needs_rows(subject: Subject) -> None:
    if not len(subject.ordinary):
        raise WrongQuestion("This takes reference rows, and there are none: start with --reference FILE.")

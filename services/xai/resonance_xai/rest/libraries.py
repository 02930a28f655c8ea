"""Libraries that take seconds and a hundred megabytes: imported when they are needed first, not by the stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

from resonance_xai.asked.methods import Method

_NEEDED: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.SHAP: ("scipy.stats",),
    Method.LIME: ("lime.lime_tabular",),
    Method.PLOTS: ("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    Method.TREE: ("sklearn.tree",),
    Method.COUNTERFACTUAL: (),
}


def import_for(methods: Iterable[Method]) -> float:
    """Imports what methods need; how many seconds that took."""
    started = time.monotonic()
    for method in methods:
        for name in _NEEDED[method]:
            import_module(name)
    return time.monotonic() - started

"""Where a user's events come from: what number each source has reached, and whether it is an open connection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.blocks import append
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.copying import copy_row
from resonance_feature_extractor.engine.layout import (
    HOUR,
    LENGTH,
    MOST_SOURCES,
    NAME,
    NOW,
    SOURCE_NEWEST,
    SOURCE_OPENED,
    SOURCE_SEQUENCE,
    SOURCE_WIDTH,
    SOURCES,
)
from resonance_feature_extractor.engine.table import FORGOTTEN_SOURCES, Table


@inner
def find_source(table: Table, row: int, name: int) -> int:
    """Place of a source that gave an event within the last hour; -1 for none."""
    begin, length = np.int64(table.narrow[row, SOURCES]), np.int64(table.narrow[row, SOURCES + LENGTH])
    for place in range(begin, begin + length):
        if table.sources[place, NAME] == name:
            return place if table.sources[place, SOURCE_NEWEST] >= table.wide[row, NOW] - HOUR else -1
    return -1


@inner
def add_source(table: Table, row: int, name: int) -> int:
    """Place of a source that is not known, or was silent for more than an hour.

    Where there are too many, the one that was silent longest is forgotten.
    """
    _forget_silent(table.sources, table.narrow[row], table.wide[row, NOW] - HOUR)
    if table.narrow[row, SOURCES + LENGTH] >= MOST_SOURCES:
        _forget_longest_silent(table.sources, table.narrow[row])
        table.gauges[FORGOTTEN_SOURCES] += 1
    place = append(table.sources, table.source_blocks, table.narrow[row], SOURCES)
    table.sources[place, NAME] = name
    table.sources[place, SOURCE_SEQUENCE] = 0
    table.sources[place, SOURCE_NEWEST] = 0
    table.sources[place, SOURCE_OPENED] = 0
    return place


@inner
def oldest_open(table: Table, row: int) -> int:
    """When the oldest connection was opened that is open and gave an event within the last hour; NOW for none."""
    now = table.wide[row, NOW]
    oldest = now
    begin, length = np.int64(table.narrow[row, SOURCES]), np.int64(table.narrow[row, SOURCES + LENGTH])
    for place in range(begin, begin + length):
        opened = table.sources[place, SOURCE_OPENED]
        if opened and opened < oldest and table.sources[place, SOURCE_NEWEST] >= now - HOUR:
            oldest = opened
    return oldest


@inner
def _forget_silent(sources: NDArray[np.int64], narrow: NDArray[np.uint32], since: int) -> None:
    begin, kept = np.int64(narrow[SOURCES]), 0
    for i in range(np.int64(narrow[SOURCES + LENGTH])):
        if sources[begin + i, SOURCE_NEWEST] >= since:
            if kept != i:
                copy_row(sources, begin + i, sources, begin + kept, SOURCE_WIDTH)
            kept += 1
    narrow[SOURCES + LENGTH] = kept


@inner
def _forget_longest_silent(sources: NDArray[np.int64], narrow: NDArray[np.uint32]) -> None:
    begin, length = np.int64(narrow[SOURCES]), np.int64(narrow[SOURCES + LENGTH])
    oldest = begin
    for place in range(begin + 1, begin + length):
        if sources[place, SOURCE_NEWEST] < sources[oldest, SOURCE_NEWEST]:
            oldest = place
    for place in range(oldest, begin + length - 1):
        copy_row(sources, place + 1, sources, place, SOURCE_WIDTH)
    narrow[SOURCES + LENGTH] = length - 1

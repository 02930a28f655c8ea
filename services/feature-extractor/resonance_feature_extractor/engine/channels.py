"""Which channels a user named in the last ten minutes."""

from __future__ import annotations

import numpy as np

from resonance_feature_extractor.engine.blocks import append
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.copying import copy_row
from resonance_feature_extractor.engine.layout import (
    CHANNEL_BUCKET,
    CHANNEL_WIDTH,
    CHANNELS,
    LENGTH,
    LONG_BUCKETS,
    MOST_CHANNELS,
    NAME,
)
from resonance_feature_extractor.engine.table import Table


@inner
def name_channel(table: Table, row: int, name: int, bucket: int) -> None:
    """A frame of this minute, which is in the window, named a channel."""
    begin, length = np.int64(table.narrow[row, CHANNELS]), np.int64(table.narrow[row, CHANNELS + LENGTH])
    for place in range(begin, begin + length):
        if table.channels[place, NAME] == name:
            table.channels[place, CHANNEL_BUCKET] = max(bucket, table.channels[place, CHANNEL_BUCKET])
            return
    if length < MOST_CHANNELS:
        place = append(table.channels, table.channel_blocks, table.narrow[row], CHANNELS)
        table.channels[place, NAME] = name
        table.channels[place, CHANNEL_BUCKET] = bucket


@inner
def advance_channels(table: Table, row: int, newest: int) -> None:
    """Moves the window up to a newer minute: channels that were not named in it are forgotten."""
    narrow = table.narrow[row]
    begin, kept = np.int64(narrow[CHANNELS]), 0
    for i in range(np.int64(narrow[CHANNELS + LENGTH])):
        if table.channels[begin + i, CHANNEL_BUCKET] > newest - LONG_BUCKETS:
            if kept != i:
                copy_row(table.channels, begin + i, table.channels, begin + kept, CHANNEL_WIDTH)
            kept += 1
    narrow[CHANNELS + LENGTH] = kept

"""From which addresses each token of a user was used in the last hour."""

from __future__ import annotations

import numpy as np

from resonance_feature_extractor.engine.blocks import append
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.copying import copy_row
from resonance_feature_extractor.engine.layout import (
    CHURN,
    HOUR_BUCKETS,
    LENGTH,
    MOST_TOKEN_USES,
    NAME,
    REUSE,
    TOKEN_ADDRESS,
    TOKEN_BUCKET,
    TOKEN_WIDTH,
    TOKENS,
)
from resonance_feature_extractor.engine.table import Table


@inner
def use_token(table: Table, row: int, name: int, address: int, bucket: int) -> None:
    """A token was used from an address, in a bucket of the window."""
    narrow = table.narrow[row]
    begin, length = np.int64(narrow[TOKENS]), np.int64(narrow[TOKENS + LENGTH])
    same = 0
    for place in range(begin, begin + length):
        if table.tokens[place, NAME] == name:
            if table.tokens[place, TOKEN_ADDRESS] == address:
                table.tokens[place, TOKEN_BUCKET] = max(bucket, table.tokens[place, TOKEN_BUCKET])
                return
            same += 1
    if length >= MOST_TOKEN_USES:
        return
    place = append(table.tokens, table.token_blocks, narrow, TOKENS)
    table.tokens[place, NAME] = name
    table.tokens[place, TOKEN_ADDRESS] = address
    table.tokens[place, TOKEN_BUCKET] = bucket
    narrow[REUSE] = max(np.int64(narrow[REUSE]), same + 1)
    if same == 0:
        narrow[CHURN] += np.uint32(1)


@inner
def advance_tokens(table: Table, row: int, newest: int) -> None:
    """Moves the hour up to a newer bucket: uses that are older are forgotten."""
    narrow = table.narrow[row]
    begin, kept, most, count = np.int64(narrow[TOKENS]), 0, 0, 0
    for i in range(np.int64(narrow[TOKENS + LENGTH])):
        if table.tokens[begin + i, TOKEN_BUCKET] > newest - HOUR_BUCKETS:
            same = 1
            for j in range(kept):
                same += table.tokens[begin + j, NAME] == table.tokens[begin + i, NAME]
            most, count = max(most, same), count + (same == 1)
            if kept != i:
                copy_row(table.tokens, begin + i, table.tokens, begin + kept, TOKEN_WIDTH)
            kept += 1
    narrow[TOKENS + LENGTH] = kept
    narrow[REUSE] = most
    narrow[CHURN] = count

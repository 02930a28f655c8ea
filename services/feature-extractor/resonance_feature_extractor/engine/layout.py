"""Where what is known of a user stands in the tables, and the windows and bounds it obeys.

A user is a row of `wide` (int64) and of `narrow` (uint32), and four short lists: sources, channels, addresses, and
uses of tokens. Times are microseconds since the epoch.
"""

from __future__ import annotations

from typing import Final

SECOND: Final = 1_000_000
SHORT_BUCKET: Final = 5 * SECOND
LONG_BUCKET: Final = 60 * SECOND
HOUR_BUCKET: Final = 300 * SECOND
SHORT_BUCKETS: Final = 12
LONG_BUCKETS: Final = 10
RECENT_BUCKETS: Final = 5
HOUR_BUCKETS: Final = 12
HOUR: Final = HOUR_BUCKETS * HOUR_BUCKET

MESSAGES_PER_VECTOR: Final = 10
ACTIVITY_US: Final = 250_000

# More are not told apart: a bound on memory, far above what a person does.
MOST_SOURCES: Final = 1024
MOST_CHANNELS: Final = 64
MOST_ADDRESSES: Final = 64
MOST_TOKEN_USES: Final = 64
RECENT_INTERVALS: Final = 32
LOGIN_INTERVALS: Final = 8

# Columns of `wide`. FIRST to LAST_RECEIVED are of the events since the last vector; FIRST is 0 without any.
NOW: Final = 0
ORDINAL: Final = 1
FIRST: Final = 2
LAST: Final = 3
FIRST_RECEIVED: Final = 4
LAST_RECEIVED: Final = 5
LAST_MESSAGE: Final = 6
LAST_LOGIN: Final = 7
# Frames of the hour's addresses together, and the sum of their weights (see `addresses`).
ADDRESS_FRAMES: Final = 8
ADDRESS_WEIGHT: Final = 9
LOGIN_GAPS: Final = 10
BYTES: Final = LOGIN_GAPS + LOGIN_INTERVALS
WIDE: Final = BYTES + LONG_BUCKETS

# Columns of `narrow`.
WAITING: Final = 0
INTERVALS_N: Final = 1
INTERVALS_AT: Final = 2
GAPS_N: Final = 3
GAPS_AT: Final = 4
# Most addresses of one token, and tokens.
REUSE: Final = 5
CHURN: Final = 6
# Of each list where it begins, how long it is, and for how many there is room.
SOURCES: Final = 7
CHANNELS: Final = 10
ADDRESSES: Final = 13
TOKENS: Final = 16
LISTS_END: Final = 19
LENGTH: Final = 1
ROOM: Final = 2
SHORT: Final = LISTS_END
MESSAGES: Final = SHORT + SHORT_BUCKETS
ERRORS: Final = MESSAGES + LONG_BUCKETS
FRAMES: Final = ERRORS + LONG_BUCKETS
LIMITED: Final = FRAMES + LONG_BUCKETS
INTERVALS: Final = LIMITED + LONG_BUCKETS
NARROW: Final = INTERVALS + RECENT_INTERVALS

# Columns of the lists' entries (int64).
NAME: Final = 0
SOURCE_SEQUENCE: Final = 1
SOURCE_NEWEST: Final = 2
SOURCE_OPENED: Final = 3
SOURCE_WIDTH: Final = 4
CHANNEL_BUCKET: Final = 1
CHANNEL_WIDTH: Final = 2
ADDRESS_COUNT: Final = 1
ADDRESS_WIDTH: Final = 2
TOKEN_ADDRESS: Final = 1
TOKEN_BUCKET: Final = 2
TOKEN_WIDTH: Final = 3

# `marks`, uint8 (users, 3): whether the row is in use, whether it changed since the last dump, its shard.
LIVE: Final = 0
CHANGED: Final = 1
SHARD: Final = 2
MARKS: Final = 3

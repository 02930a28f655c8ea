"""Applies the events of a batch to their users, one after the other in the batch's order."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1 import activity_pb2, features_pb2
from resonance_feature_extractor.engine.addresses import count_address
from resonance_feature_extractor.engine.channels import name_channel
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.emitting import Emitted, emit, full
from resonance_feature_extractor.engine.layout import (
    ACTIVITY_US,
    ADDRESSES,
    BYTES,
    CHANGED,
    CHANNELS,
    ERRORS,
    FIRST,
    FIRST_RECEIVED,
    FRAMES,
    GAPS_AT,
    GAPS_N,
    HOUR,
    HOUR_BUCKET,
    HOUR_BUCKETS,
    INTERVALS,
    INTERVALS_AT,
    INTERVALS_N,
    LAST,
    LAST_LOGIN,
    LAST_MESSAGE,
    LAST_RECEIVED,
    LENGTH,
    LIMITED,
    LOGIN_GAPS,
    LOGIN_INTERVALS,
    LONG_BUCKET,
    LONG_BUCKETS,
    MESSAGES,
    MESSAGES_PER_VECTOR,
    NOW,
    RECENT_INTERVALS,
    SHORT,
    SHORT_BUCKET,
    SHORT_BUCKETS,
    SOURCE_NEWEST,
    SOURCE_OPENED,
    SOURCE_SEQUENCE,
    SOURCES,
    TOKENS,
    WAITING,
)
from resonance_feature_extractor.engine.prefetching import prefetch, prefetch_entries, prefetch_row
from resonance_feature_extractor.engine.quiet import Quiet, has_room_for_one, push
from resonance_feature_extractor.engine.reading import (
    ADDRESS,
    CHANNEL,
    ERROR,
    KIND,
    RECEIVED,
    SEQUENCE,
    SIZE,
    SOURCE,
    TIME,
    TOKEN,
    USER,
)
from resonance_feature_extractor.engine.siphash import name_of
from resonance_feature_extractor.engine.sources import add_source, find_source
from resonance_feature_extractor.engine.table import LATE, REPEATED, Table, add, find, has_room
from resonance_feature_extractor.engine.tokens import use_token
from resonance_feature_extractor.engine.windows import advance

_MESSAGE: Final = int(activity_pb2.ACTIVITY_KIND_MESSAGE)
_CONNECT: Final = int(activity_pb2.ACTIVITY_KIND_CONNECT)
_DISCONNECT: Final = int(activity_pb2.ACTIVITY_KIND_DISCONNECT)
_LOGIN: Final = int(activity_pb2.ACTIVITY_KIND_LOGIN)
_LIMITED: Final = int(activity_pb2.ACTIVITY_KIND_LIMITED)
_COUNT: Final = int(features_pb2.EMISSION_REASON_COUNT)
_TIME: Final = int(features_pb2.EMISSION_REASON_TIME)

_LONGEST_INTERVAL: Final = 2**32 - 1
UNKNOWN: Final = -1
# How many events ahead a user's row is fetched, and what it points to.
_FAR: Final = 6
_NEAR: Final = 3


class Events(NamedTuple):
    """A batch that was read and checked.

    Attributes:
        data: The message, uint8.
        columns: int64 (reading.COLUMNS, most).
        strings: Start and length of each string in `data`, int64 (most, 2).
        names: SipHash of each string, 0 of the empty one; int64 (most,).
        rows: Row of the user that a string names, int64 (most,).
    """

    data: NDArray[np.uint8]
    columns: NDArray[np.int64]
    strings: NDArray[np.int64]
    names: NDArray[np.int64]
    rows: NDArray[np.int64]


@compiled
def prepare(events: Events, strings_n: int) -> None:
    """Hashes the strings of a batch."""
    for i in range(strings_n):
        events.names[i] = name_of(events.data, events.strings[i, 0], events.strings[i, 1])
        events.rows[i] = UNKNOWN


@compiled
def find_users(table: Table, events: Events, begin: int, end: int) -> int:
    """Finds or adds the users of events from `begin`; returns the first whose was not, for want of room."""
    users = events.columns[USER]
    mask = len(table.buckets) - 1
    for i in range(begin, end):
        if i + _FAR < end:
            prefetch(table.buckets, events.names[users[i + _FAR]] & mask)
        string = users[i]
        if events.rows[string] == UNKNOWN:
            if not has_room(table):
                return i
            at, length = events.strings[string, 0], events.strings[string, 1]
            name = np.uint64(events.names[string])
            row = find(table, events.data, at, length, name)
            if row < 0:
                row = add(table, events.data, at, length, name)
            events.rows[string] = row
    return end


@compiled
def apply(table: Table, quiet: Quiet, events: Events, begin: int, end: int, out: Emitted) -> int:
    """Applies events from `begin`, whose users were found; returns the first that was not, for want of room."""
    users = events.columns[USER]
    for i in range(begin, end):
        if full(out) or not has_room(table) or not has_room_for_one(quiet):
            return i
        if i + _FAR < end:
            row = events.rows[users[i + _FAR]]
            prefetch_row(table.wide, row)
            prefetch_row(table.narrow, row)
        if i + _NEAR < end:
            row = events.rows[users[i + _NEAR]]
            _prefetch_lists(table, table.narrow[row])
        _take(table, quiet, events.rows[users[i]], events, i, out)
    return end


@inner
def _prefetch_lists(table: Table, narrow: NDArray[np.uint32]) -> None:
    prefetch_entries(table.sources, np.int64(narrow[SOURCES]), np.int64(narrow[SOURCES + LENGTH]))
    prefetch_entries(table.channels, np.int64(narrow[CHANNELS]), np.int64(narrow[CHANNELS + LENGTH]))
    prefetch_entries(table.addresses, np.int64(narrow[ADDRESSES]), np.int64(narrow[ADDRESSES + LENGTH]))
    prefetch_entries(table.tokens, np.int64(narrow[TOKENS]), np.int64(narrow[TOKENS + LENGTH]))


@inner
def _take(table: Table, quiet: Quiet, row: int, events: Events, i: int, out: Emitted) -> None:
    """Applies an event, unless it is a repeat or came too late for every window."""
    columns = events.columns
    wide, narrow = table.wide[row], table.narrow[row]
    time_us, kind = columns[TIME, i], columns[KIND, i]
    if time_us < wide[NOW] - HOUR:
        table.gauges[LATE] += 1
        return
    name = events.names[columns[SOURCE, i]]
    source = find_source(table, row, name)
    if source >= 0 and columns[SEQUENCE, i] <= table.sources[source, SOURCE_SEQUENCE]:
        table.gauges[REPEATED] += 1
        return
    if wide[FIRST] and time_us >= wide[FIRST] + ACTIVITY_US:
        emit(table, row, _TIME, out)
    table.marks[row, CHANGED] = 1
    if source < 0:
        source = add_source(table, row, name)
    if time_us > wide[NOW]:
        advance(table, row, time_us)
    table.sources[source, SOURCE_SEQUENCE] = columns[SEQUENCE, i]
    table.sources[source, SOURCE_NEWEST] = max(table.sources[source, SOURCE_NEWEST], time_us)
    _count(table, row, events, i)
    _use_addresses(table, row, events, i)
    if kind == _CONNECT:
        table.sources[source, SOURCE_OPENED] = time_us
    elif kind == _DISCONNECT:
        table.sources[source, SOURCE_OPENED] = 0
        return
    elif kind == _LOGIN:
        _log_in(wide, narrow, time_us)
    opened = wide[FIRST] == 0
    if opened:
        wide[FIRST] = time_us
        wide[FIRST_RECEIVED] = columns[RECEIVED, i]
    wide[LAST] = max(wide[LAST], time_us)
    wide[LAST_RECEIVED] = max(wide[LAST_RECEIVED], columns[RECEIVED, i])
    if kind in (_MESSAGE, _LIMITED):
        narrow[WAITING] += np.uint32(1)
        if narrow[WAITING] >= MESSAGES_PER_VECTOR:
            emit(table, row, _COUNT, out)
            return
    if opened:
        push(table, quiet, row)


@inner
def _count(table: Table, row: int, events: Events, i: int) -> None:
    """Counts an event into the windows of ten minutes and less."""
    columns = events.columns
    wide, narrow = table.wide[row], table.narrow[row]
    time_us, kind = columns[TIME, i], columns[KIND, i]
    bucket, head = time_us // LONG_BUCKET, wide[NOW] // LONG_BUCKET
    if bucket > head - LONG_BUCKETS:
        channel = events.names[columns[CHANNEL, i]]
        if channel:
            name_channel(table, row, channel, bucket)
        place = bucket % LONG_BUCKETS
        narrow[FRAMES + place] += np.uint32(1)
        if kind == _LIMITED:
            narrow[LIMITED + place] += np.uint32(1)
        if kind == _MESSAGE:
            narrow[MESSAGES + place] += np.uint32(1)
            wide[BYTES + place] += columns[SIZE, i]
            if columns[ERROR, i]:
                narrow[ERRORS + place] += np.uint32(1)
    if kind == _MESSAGE:
        short = time_us // SHORT_BUCKET
        if short > wide[NOW] // SHORT_BUCKET - SHORT_BUCKETS:
            narrow[SHORT + short % SHORT_BUCKETS] += np.uint32(1)
        _remember_message(wide, narrow, time_us)


@inner
def _remember_message(wide: NDArray[np.int64], narrow: NDArray[np.uint32], time_us: int) -> None:
    last_us = wide[LAST_MESSAGE]
    if time_us < last_us:
        return
    wide[LAST_MESSAGE] = time_us
    if last_us:
        at = np.int64(narrow[INTERVALS_AT])
        narrow[INTERVALS + at] = min(time_us - last_us, _LONGEST_INTERVAL)
        narrow[INTERVALS_AT] = (at + 1) % RECENT_INTERVALS
        narrow[INTERVALS_N] = min(np.int64(narrow[INTERVALS_N]) + 1, RECENT_INTERVALS)


@inner
def _log_in(wide: NDArray[np.int64], narrow: NDArray[np.uint32], time_us: int) -> None:
    last_us = wide[LAST_LOGIN]
    if time_us < last_us:
        return
    wide[LAST_LOGIN] = time_us
    if last_us:
        at = np.int64(narrow[GAPS_AT])
        wide[LOGIN_GAPS + at] = time_us - last_us
        narrow[GAPS_AT] = (at + 1) % LOGIN_INTERVALS
        narrow[GAPS_N] = min(np.int64(narrow[GAPS_N]) + 1, LOGIN_INTERVALS)


@inner
def _use_addresses(table: Table, row: int, events: Events, i: int) -> None:
    columns = events.columns
    address = events.names[columns[ADDRESS, i]]
    if not address:
        return
    bucket, head = columns[TIME, i] // HOUR_BUCKET, table.wide[row, NOW] // HOUR_BUCKET
    if bucket > head - HOUR_BUCKETS and count_address(table, row, address, bucket):
        token = events.names[columns[TOKEN, i]]
        if token:
            use_token(table, row, token, address, bucket)

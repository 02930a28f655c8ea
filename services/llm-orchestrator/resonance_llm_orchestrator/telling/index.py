"""Incidents in Redis, to be searched: by time, by what they are, and by what was done and said about them.

It holds nothing that the topic does not: lost, it is made again.

    resonance:incident:<id>            hash: v, the version; b, the message; f, the sets it is in
    resonance:incidents                sorted set of ids, by opening
    resonance:incidents:<facet>:<value>
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.telling.facets import ALL, facets_of, key_of
from resonance_runtime.errors import Unavailable

PREFIX: Final = "resonance:incident:"
BUILT: Final = "resonance:incidents-are-built"
CHUNK: Final = 200
MOST_LOOKED_AT: Final = 20_000
"""Incidents that one search looks at; what is left is behind its cursor."""

_PUT: Final = """
local old = redis.call('HMGET', KEYS[1], 'v', 'f')
if old[1] and tonumber(old[1]) >= tonumber(ARGV[1]) then return 0 end
if old[2] then for key in string.gmatch(old[2], '[^\\n]+') do redis.call('ZREM', key, ARGV[5]) end end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'b', ARGV[2], 'f', ARGV[3])
for key in string.gmatch(ARGV[3], '[^\\n]+') do redis.call('ZADD', key, ARGV[4], ARGV[5]) end
return 1
"""
_DROP: Final = """
local old = redis.call('HGET', KEYS[1], 'f')
if old then for key in string.gmatch(old, '[^\\n]+') do redis.call('ZREM', key, ARGV[1]) end end
return redis.call('DEL', KEYS[1])
"""

Incident = incident_pb2.Incident


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a search goes on: behind this incident, newest first."""

    opened_us: int
    alert_id: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Attributes:
        facets: Wanted values by facet.
        from_us, until_us: When it was opened, microseconds since the epoch, the end not included.
    """

    facets: Mapping[str, str]
    from_us: int
    until_us: int
    limit: int
    cursor: Cursor | None = None


class IncidentIndex:
    """Incidents in Redis."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=1.0)

    async def put(self, incidents: Sequence[Incident]) -> None:
        """Keeps incidents unless newer versions are kept; those that are forgotten are dropped.

        Raises:
            Unavailable: Redis does not answer; so below.
        """
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for incident in incidents:
                    self._queue(pipeline, incident)
                await pipeline.execute()
        except RedisError as error:
            raise _unavailable(error) from error

    async def find(self, ids: Sequence[str]) -> list[Incident]:
        """Those of some ids that are kept, in their order."""
        if not ids:
            return []
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for id_ in ids:
                    pipeline.hget(PREFIX + id_, "b")
                blobs = await pipeline.execute()
        except RedisError as error:
            raise _unavailable(error) from error
        return [Incident.FromString(blob) for blob in blobs if blob is not None]

    async def search(self, wanted: Search) -> tuple[list[Incident], Cursor | None]:
        """Incidents, newest first, and where to go on; None where there are no more."""
        keys = [key_of(facet, value) for facet, value in sorted(wanted.facets.items())] or [ALL]
        found: list[Incident] = []
        try:
            sizes = [await self._redis.zcard(key) for key in keys]
            key, after, looked_at = keys[sizes.index(min(sizes))], wanted.cursor, 0
            while looked_at < MOST_LOOKED_AT:
                chunk = await self._chunk(key, wanted, after)
                for incident in await self.find([id_ for id_, _ in chunk]):
                    if not _fits(incident, wanted.facets):
                        continue
                    found.append(incident)
                    if len(found) == wanted.limit:
                        return found, _cursor(incident)
                if not chunk:
                    return found, None
                looked_at += len(chunk)
                after = Cursor(int(chunk[-1][1]), chunk[-1][0])
        except RedisError as error:
            raise _unavailable(error) from error
        return found, after

    async def ids_of(self, facet: str, value: str) -> list[str]:
        """Ids of the incidents with a value."""
        try:
            ids = await cast(Awaitable[list[bytes]], self._redis.zrange(key_of(facet, value), 0, -1))
        except RedisError as error:
            raise _unavailable(error) from error
        return [id_.decode() for id_ in ids]

    async def opened_before(self, until_us: int, most: int) -> list[str]:
        """Ids of the oldest incidents, at most so many."""
        try:
            ids = await self._redis.zrangebyscore(ALL, 0, until_us, start=0, num=most)
        except RedisError as error:
            raise _unavailable(error) from error
        return [id_.decode() for id_ in cast(list[bytes], ids)]

    async def is_built(self) -> bool:
        """Whether everything was read into it since it was empty last."""
        try:
            return bool(await self._redis.exists(BUILT))
        except RedisError as error:
            raise _unavailable(error) from error

    async def built(self) -> None:
        """Everything was read into it."""
        try:
            await self._redis.set(BUILT, b"1")
        except RedisError as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    def _queue(self, pipeline: Any, incident: Incident) -> None:
        id_ = incident.alert_id
        if incident.state == incident_pb2.INCIDENT_STATE_FORGOTTEN:
            pipeline.eval(_DROP, 1, PREFIX + id_, id_)
            return
        keys = "\n".join([ALL, *sorted(key_of(*one) for one in facets_of(incident))])
        blob = incident.SerializeToString(deterministic=True)
        pipeline.eval(_PUT, 1, PREFIX + id_, incident.version, blob, keys, incident.enriched.alert.opened_us, id_)

    async def _chunk(self, key: str, wanted: Search, after: Cursor | None) -> list[tuple[str, float]]:
        """Ids with their times, newest first, behind a cursor; of the same time the greatest id first."""
        until: str | int = f"({wanted.until_us}" if after is None else min(after.opened_us, wanted.until_us)
        start = 0
        while True:
            rows = await cast(
                Awaitable[list[tuple[bytes, float]]],
                self._redis.zrevrangebyscore(key, until, wanted.from_us, start=start, num=CHUNK, withscores=True),
            )
            ids = [(id_.decode(), score) for id_, score in rows]
            found = [row for row in ids if after is None or _behind(*row, after)]
            if found or len(rows) < CHUNK:
                return found
            start += CHUNK


def _fits(incident: Incident, facets: Mapping[str, str]) -> bool:
    return facets_of(incident).issuperset(facets.items())


def _behind(id_: str, score: float, after: Cursor) -> bool:
    return (score, id_) < (after.opened_us, after.alert_id)


def _cursor(incident: Incident) -> Cursor:
    return Cursor(incident.enriched.alert.opened_us, incident.alert_id)


def _unavailable(error: RedisError) -> Unavailable:
    return Unavailable(f"Redis does not answer, so incidents cannot be looked up: {error}.")

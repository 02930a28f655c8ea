"""How channels are kept in Redis, and the scripts that do it in one step each; Redis 6.2 and newer.

Of each channel there is a hash with its epoch and the number of its newest publication, and a list with the newest
publications, oldest first. The list is shorter lived than the hash: a client that comes back after a quiet time is
told that it missed nothing.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final

# KEYS: the hash, the list. ARGV: name of the channel for subscribers, an epoch to begin with, publications to keep,
# seconds to keep them, seconds to keep the hash, then publications.
# Returns the epoch and the number of the last publication.
PUBLISH: Final = """
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[2]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
  redis.call('DEL', KEYS[2])
end
local last = redis.call('HINCRBY', KEYS[1], 'offset', #ARGV - 5)
redis.call('EXPIRE', KEYS[1], ARGV[5])
local publications = {unpack(ARGV, 6)}
redis.call('RPUSH', KEYS[2], unpack(publications))
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('EXPIRE', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[1], cmsgpack.pack({epoch, last, publications}))
return {epoch, last}
"""

# KEYS: the hash, the list. ARGV: an epoch to begin with, seconds to keep the hash, epoch and number of the last
# publication that is known, most bytes to return.
# Returns the epoch, the number of the last publication, and where all after the known one are there, these.
READ: Final = """
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
  redis.call('DEL', KEYS[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
local last = tonumber(redis.call('HGET', KEYS[1], 'offset') or 0)
if ARGV[3] ~= epoch then return {epoch, last} end
local missed = last - tonumber(ARGV[4])
if missed == 0 then return {epoch, last, {}} end
if missed < 0 or missed > redis.call('LLEN', KEYS[2]) then return {epoch, last} end
local publications, size = redis.call('LRANGE', KEYS[2], -missed, -1), 0
for _, one in ipairs(publications) do size = size + #one end
if size > tonumber(ARGV[5]) then return {epoch, last} end
return {epoch, last, publications}
"""

PUBLISH_SHA: Final = sha1(PUBLISH.encode(), usedforsecurity=False).hexdigest()
READ_SHA: Final = sha1(READ.encode(), usedforsecurity=False).hexdigest()

_PREFIX: Final = "resonance:channel"


def keys_of(channel: str) -> tuple[str, str]:
    """The keys of a channel: the hash and the list."""
    return f"{_PREFIX}:position:{channel}", f"{_PREFIX}:history:{channel}"


def topic_prefix(database: int) -> str:
    """Under which subscribers are told: Redis tells them in all databases, so its number is part of the name."""
    return f"{_PREFIX}:{database}:"

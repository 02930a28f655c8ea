"""The online store: the newest value of each user in Redis, with a time to live. Kafka keeps the history.

stored(records) ─▶ Intake ──▶ Waiting ──▶ NewestWriter ──▶ Redis ──▶ OnlineReader
 never waits       batches    newest      never an older
                   unread     a user      over a newer one

Nobody waits for it. It takes a tenth of the process at most; with more users than it can write in that, each is written
less often, always with the newest value. While Redis is away, values wait.

Two bounds on memory can lose a value, and both losses are counted and shown in health: beyond the bound of `Waiting`,
the user who waits longest; beyond that of `Intake`, the oldest batch. Oldest first, because a user who is still there
has a newer value behind. One who went quiet in that very moment stays behind in Redis until the time to live is over.
The same holds for what waits in a process that is killed, a fraction of a second as a rule. Kafka has it all.
"""

"""Backup and restore of everything that the pipeline keeps: topics, offsets of groups, state, models.

A backup is a folder:

    cut.json                                              where everything ends, and what was kept of state by then
    state/<group>/<topic>/of-<partitions>/<partition>     the newest snapshot of each partition
    topics/<topic>/<partition>/<first>-<next>.<sha256>    records, with keys, headers and times
    models/<key>                                          the bucket of models
    manifest.json                                         written last: there is a backup when it is there
    erasures/<first>-<next>.<sha256>                      people who were erased since; may be added at any time

Everything that is in it has its causes in it: state and offsets of groups are read first, then the ends of topics,
those that are written last in the pipeline first, aliases of models after that. So what comes of it is what comes of
a crash at that time: records are handled again, under the same ids.
"""

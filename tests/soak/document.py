"""What the page of the soak says before its figures."""

from __future__ import annotations

from typing import Final

HEAD: Final = """# Soak

Written by `make soak MINUTES=60`: the whole of `docker-compose.ml.yml` runs, and people live at its published port. Two
thousand of them come in turn, a thousand at a time, for five minutes each; one in ten leaves without a farewell. They
write 40 messages a second, in bursts and pauses as in a conversation, from addresses of their own. Every 15 s somebody
misbehaves for 45 s: floods, or storms of errors. Once a second something is asked by REST, in turn: status, incidents,
anomalies, vectors, why an incident was raised (with LIME and plots now and then), why a score is what it is, what rules
and model say, and an alert in words. Somebody watches the alerts, and connects anew every minute. Two models, made
before of the demonstration's traffic, take turns every minute.

State grows with users and with what is kept of the past; that is no leak. Here the number of users is bounded and all
of them were there before the warm-up ends, and the training window is as large as it gets by then. What still grows
after that, grows with time alone.

## What is demanded

- **Memory.** Each service's resident memory is sampled every 10 s. Its slope is the median of the slopes between all
  pairs of medians of 30 s (Theil and Sen), with its 95 % confidence interval. It is a leak where the lower end of that
  interval adds more than 10 % of the container's limit in a day, if at least 48 minutes were measured; in a shorter
  soak, where it would fill the container within a day. Broker, store, Redis and Prometheus are bounded by their own
  settings (heap, `maxmemory`, retention) and are shown beside.
- **File descriptors and threads.** The median of the last third is no more than 5 descriptors or 5 %, and 2 threads,
  above that of the first.
- **Nothing lost, nothing doubled.** Every frame that the gateway acknowledged is on `resonance.activity.observed.v1`
  once, and nothing that nobody sent; the events make exactly the vectors that are there, each vector was scored once,
  each anomaly explained once, each incident raised once and told once a stage; no dead letters.
- At most one question in a hundred is answered with 5xx, an answer too late among them; no container is started
  again.
"""

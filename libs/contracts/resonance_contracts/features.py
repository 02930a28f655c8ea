"""The feature catalogue: what each value of a vector is, in the vector's order.

Code, documents, explanations and tests are all made from `FEATURES`. A change of order, definition or
unit is a new `CATALOGUE_VERSION`: models carry the version they were trained on and refuse another.

- **Windows** slide by whole buckets: a window of n buckets of width w at time t holds the events whose bucket
  floor(time / w) is one of the n that end with floor(t / w). `t` is the newest event time of the user, so a
  vector is a function of the user's own events in the order they arrived.
- **Emission**: a vector for every tenth message (refused ones among them), or when 250 ms of event time have passed
  since the first event after the last vector, whichever is first. The watermark closes what quiet users left open.
- **Late** events, more than an hour before the user's newest, change nothing. What others do that are out of order is
  said by each feature.
- **Repeated** events change nothing: an event is known by its source and its number, and numbers of a source ascend. A
  source is known while it gave an event within the last hour of the user's time, 1,024 at most; of more, the one that
  was silent longest is forgotten. An event of a source that is not known any more is too late to be a repeat, unless
  there were more than 1,024.
- **Bounds**: names that are told apart are bounded, so that no user takes memory without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

CATALOGUE_VERSION: Final = "2"


class Window(StrEnum):
    """Stretch of event time that a feature looks back on."""

    MINUTE = "60 s, in buckets of 5 s"
    FIVE_MINUTES = "5 min, in buckets of 1 min"
    TEN_MINUTES = "10 min, in buckets of 1 min"
    HOUR = "1 h, in buckets of 5 min"
    SESSION = "open connections"
    RECENT = "the last 32 messages, none older than 10 min"
    LOGINS = "the last 8 intervals"


class Group(StrEnum):
    """What a feature speaks of; incidents found by baselines and models are named by it."""

    VOLUME = "volume"
    ERRORS = "errors"
    LIMITS = "limits"
    SESSION = "session"
    CHANNELS = "channels"
    TIMING = "timing"
    ADDRESSES = "addresses"
    TOKENS = "tokens"


class Change(StrEnum):
    """Which way a user or an operator can move a value on purpose: what counterfactuals may suggest."""

    NONE = "no"
    LOWER = "to less"
    HIGHER = "to more"
    EITHER = "yes"


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of a vector.

    Attributes:
        name: Name in code, in REST and in explanations.
        unit: Unit of the value, "" for pure numbers.
        lower, upper: Closed range of possible values.
        window: What the value looks back on.
        group: What it speaks of.
        change: Which way a user or an operator can move it on purpose.
        definition: How it is computed, exactly.
        late: What an event that arrives out of order does to it.
        whole: Whether it is a whole number always.
    """

    name: str
    unit: str
    lower: float
    upper: float
    window: Window
    group: Group
    change: Change
    definition: str
    late: str = "Counts in the bucket of its own time while that is in the window; dropped when it is not."
    whole: bool = False

    @property
    def actionable(self) -> bool:
        """Whether a user or an operator can move it on purpose."""
        return self.change is not Change.NONE


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(
        "messages_per_minute",
        "1/min",
        0.0,
        inf,
        Window.MINUTE,
        Group.VOLUME,
        Change.EITHER,
        "Messages in the window.",
        whole=True,
    ),
    Feature(
        "requests_per_user",
        "1/10 min",
        0.0,
        inf,
        Window.TEN_MINUTES,
        Group.VOLUME,
        Change.EITHER,
        "Frames of every kind in the window: messages, subscriptions, logins, connects, refused frames.",
        whole=True,
    ),
    Feature(
        "avg_message_size",
        "B",
        0.0,
        inf,
        Window.TEN_MINUTES,
        Group.VOLUME,
        Change.EITHER,
        "Mean size of the messages in the window; 0 without messages.",
    ),
    Feature(
        "error_rate",
        "",
        0.0,
        1.0,
        Window.FIVE_MINUTES,
        Group.ERRORS,
        Change.LOWER,
        "Share of the messages in the window that were refused or answered with an error; 0 without messages.",
    ),
    Feature(
        "rate_limit_violations",
        "1/10 min",
        0.0,
        inf,
        Window.TEN_MINUTES,
        Group.LIMITS,
        Change.LOWER,
        "Frames in the window that the rate limiter refused.",
        whole=True,
    ),
    Feature(
        "connection_duration",
        "s",
        0.0,
        inf,
        Window.SESSION,
        Group.SESSION,
        Change.NONE,
        "Time since the oldest connection was opened that is open and gave an event within the last hour; 0 where "
        "none is known.",
        "A connect counts from its own time on; a disconnect ends the connection when it arrives.",
    ),
    Feature(
        "channels_count",
        "channels",
        0.0,
        64.0,
        Window.TEN_MINUTES,
        Group.CHANNELS,
        Change.EITHER,
        "Distinct channels that frames in the window named, 64 at most.",
        whole=True,
    ),
    Feature(
        "channel_activity",
        "1/channel",
        0.0,
        inf,
        Window.TEN_MINUTES,
        Group.CHANNELS,
        Change.EITHER,
        "Messages in the window divided by channels_count, or by 1 where no channel was named.",
    ),
    Feature(
        "burstiness_score",
        "",
        -1.0,
        1.0,
        Window.RECENT,
        Group.TIMING,
        Change.EITHER,
        "Burstiness of the intervals between messages, corrected for their number n (Kim and Jo 2016): "
        "(sqrt(n+1) r - sqrt(n-1)) / ((sqrt(n+1) - 2) r + sqrt(n-1)) with r = standard deviation / mean. "
        "-1 is a clock, 0 is chance, 1 is one burst; 0 with fewer than 8 intervals.",
        "Adds no interval.",
    ),
    Feature(
        "ip_entropy",
        "bit",
        0.0,
        6.0,
        Window.HOUR,
        Group.ADDRESSES,
        Change.LOWER,
        "Shannon entropy of the addresses of all frames in the window; 0 for one address. 64 addresses at most are "
        "told apart: frames from further ones do not count until others have left the window.",
    ),
    Feature(
        "login_intervals",
        "s",
        0.0,
        3600.0,
        Window.LOGINS,
        Group.SESSION,
        Change.HIGHER,
        "Median interval between logins, at most one hour (a longer one tells nothing); one hour with fewer than two.",
        "Adds no interval.",
    ),
    Feature(
        "jwt_token_reuse",
        "addresses",
        0.0,
        64.0,
        Window.HOUR,
        Group.TOKENS,
        Change.LOWER,
        "Largest number of distinct addresses that presented one and the same token in the window; of 64 pairs of "
        "token and address at most.",
        whole=True,
    ),
    Feature(
        "jwt_token_churn",
        "tokens",
        0.0,
        64.0,
        Window.HOUR,
        Group.TOKENS,
        Change.LOWER,
        "Distinct tokens presented in the window; of 64 pairs of token and address at most.",
        whole=True,
    ),
)

AT_MOST: Final[tuple[tuple[str, str], ...]] = (
    ("messages_per_minute", "requests_per_user"),
    ("rate_limit_violations", "requests_per_user"),
    ("channel_activity", "requests_per_user"),
)
"""Pairs of which the first is never above the second, by definition: it counts some of what the second counts."""

FEATURE_NAMES: Final[tuple[str, ...]] = tuple(f.name for f in FEATURES)
INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(FEATURE_NAMES)}
BY_NAME: Final[dict[str, Feature]] = {f.name: f for f in FEATURES}
WIDTH: Final = len(FEATURES)

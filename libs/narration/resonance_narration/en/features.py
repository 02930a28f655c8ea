"""How English speaks of each feature."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.grammar import counted, duration, number, percent
from resonance_narration.scales import AN_HOUR, scale_bytes
from resonance_narration.voice import FeatureWords, Say

_BITS: Final = counted("bit", "bits")


def _size(value: float, extra: int) -> str:
    scaled, unit = scale_bytes(value)
    return f"{number(scaled, extra)} {unit}"


def _login_interval(value: float, extra: int) -> str:
    return "an hour or more" if value >= AN_HOUR else duration(value, extra)


def _between_logins(value: float, extra: int) -> str:
    return f"{_login_interval(value, extra)} between logins"


def _usual_login_interval(value: float, extra: int) -> str:
    return "hour or more" if value >= AN_HOUR else duration(value, extra)


def _evenness(value: float, extra: int) -> str:
    return f"{_manner(value)} (burstiness {number(value, extra)})"


def _manner(burstiness: float) -> str:
    if burstiness <= -0.6:
        return "almost as evenly as a clock"
    if burstiness < -0.2:
        return "more evenly than chance would have it"
    return "in no particular rhythm" if burstiness <= 0.3 else "in bursts"


def _words(
    label: str,
    high: str,
    low: str,
    much: str,
    little: str,
    statement: str,
    value: Say,
    *,
    told: Say | None = None,
    short: Say = number,
    usual: Say | None = None,
    spread: Say | None = None,
) -> FeatureWords:
    return FeatureWords(
        label, high, low, much, little, statement, value, told or value, short, usual or short, spread or short
    )


FEATURES: Final[dict[str, FeatureWords]] = {
    "messages_per_minute": _words(
        "the message rate",
        "unusually many messages",
        "unusually few messages",
        "many messages",
        "few messages",
        "The account sent {value}{versus}",
        counted("message a minute", "messages a minute"),
    ),
    "requests_per_user": _words(
        "the number of requests",
        "unusually many requests",
        "unusually few requests",
        "many requests",
        "few requests",
        "The account made {value}{versus}",
        counted("request in ten minutes", "requests in ten minutes"),
    ),
    "avg_message_size": _words(
        "the mean message size",
        "unusually large messages",
        "unusually small messages",
        "large messages",
        "small messages",
        "The account's messages averaged {value}{versus}",
        _size,
        short=_size,
    ),
    "error_rate": _words(
        "the share of errors",
        "an unusual share of errors",
        "unusually few errors",
        "many errors",
        "few errors",
        "{value} of the account's messages ended in an error{versus}",
        percent,
        short=percent,
        spread=lambda share, extra: counted("percentage point", "percentage points")(100 * share, extra),
    ),
    "rate_limit_violations": _words(
        "the number of frames over the rate limit",
        "unusually many frames over the rate limit",
        "unusually few frames over the rate limit",
        "many frames over the rate limit",
        "few frames over the rate limit",
        "The account had {value}{versus}",
        counted("frame refused by the limiter in ten minutes", "frames refused by the limiter in ten minutes"),
    ),
    "connection_duration": _words(
        "the connection duration",
        "an unusually long connection",
        "an unusually short connection",
        "long connections",
        "short connections",
        "The account's oldest open connection has lasted {value}{versus}",
        duration,
        short=duration,
    ),
    "channels_count": _words(
        "the number of channels",
        "unusually many channels",
        "unusually few channels",
        "many channels",
        "few channels",
        "The account used {value}{versus}",
        counted("channel in ten minutes", "channels in ten minutes"),
    ),
    "channel_activity": _words(
        "the number of messages per channel",
        "unusually many messages per channel",
        "unusually few messages per channel",
        "many messages per channel",
        "few messages per channel",
        "The account sent {value}{versus}",
        counted("message per channel in ten minutes", "messages per channel in ten minutes"),
    ),
    "burstiness_score": _words(
        "the rhythm of messages",
        "messages in unusual bursts",
        "unusually even intervals between messages",
        "messages in bursts",
        "even intervals between messages",
        "The account's messages came {value}{versus}",
        lambda value, extra: f"a burstiness of {number(value, extra)}",
        told=_evenness,
    ),
    "ip_entropy": _words(
        "the spread over addresses",
        "traffic from unusually many addresses",
        "traffic from unusually few addresses",
        "many addresses",
        "few addresses",
        "The account's traffic was spread over its addresses with an entropy of {value}{versus}",
        lambda value, extra: f"an address entropy of {_BITS(value, extra)}",
        told=_BITS,
    ),
    "login_intervals": _words(
        "the interval between logins",
        "unusually rare logins",
        "unusually frequent logins",
        "rare logins",
        "frequent logins",
        "The time between the account's logins was {value}{versus}",
        _between_logins,
        told=_login_interval,
        short=_login_interval,
        usual=_usual_login_interval,
        spread=duration,
    ),
    "jwt_token_reuse": _words(
        "the number of addresses per token",
        "one token from unusually many addresses",
        "one token from unusually few addresses",
        "one token from many addresses",
        "one token from few addresses",
        "One token of the account was presented from {value}{versus}",
        counted("address within an hour", "addresses within an hour"),
    ),
    "jwt_token_churn": _words(
        "the number of tokens",
        "unusually many tokens",
        "unusually few tokens",
        "many tokens",
        "few tokens",
        "The account presented {value}{versus}",
        counted("token within an hour", "tokens within an hour"),
    ),
}

"""How English tells somebody to change a feature."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.features import FEATURES
from resonance_narration.en.grammar import number
from resonance_narration.voice import Aim, Say


def _per(rest: str) -> Say:
    return lambda value, extra: f"{number(value, extra)} {rest}"


AIMS: Final[dict[str, Aim]] = {
    "messages_per_minute": Aim("the message rate", _per("a minute")),
    "requests_per_user": Aim("the number of requests", _per("in ten minutes")),
    "avg_message_size": Aim("the mean message size", FEATURES["avg_message_size"].short),
    "error_rate": Aim("the share of errors", FEATURES["error_rate"].short),
    "rate_limit_violations": Aim("the number of frames over the rate limit", _per("in ten minutes")),
    "connection_duration": Aim("the connection duration", FEATURES["connection_duration"].short),
    "channels_count": Aim("the number of channels", _per("in ten minutes")),
    "channel_activity": Aim("the number of messages per channel", _per("in ten minutes")),
    "burstiness_score": Aim("the burstiness of messages", number),
    "ip_entropy": Aim("the spread over addresses", FEATURES["ip_entropy"].told),
    "login_intervals": Aim("the interval between logins", FEATURES["login_intervals"].short),
    "jwt_token_reuse": Aim("the number of addresses per token", _per("an hour")),
    "jwt_token_churn": Aim("the number of tokens", _per("an hour")),
}

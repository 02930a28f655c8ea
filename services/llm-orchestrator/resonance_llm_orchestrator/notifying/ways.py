"""Ways out as the file of routes names them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_ALERTS: Final = 100

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+", max_length=2000)]
Language = Literal["en", "ru"]


class _Way(BaseModel):
    """What all ways have.

    Attributes:
        send_resolved: Whether it tells that incidents are over.
        timeout_s: Longest time for one request, seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    send_resolved: bool = True
    timeout_s: float = Field(10.0, gt=0, le=120)


class WebhookWay(_Way):
    """A receiver written for Alertmanager's webhook, payload version 4.

    Attributes:
        url, url_file: Where it is, or a file that says so; else the setting.
        bearer_token_file: A file with a token for the header Authorization.
        max_alerts: Most incidents in one payload; `truncatedAlerts` counts the others.
    """

    url: Url | None = None
    url_file: str | None = None
    bearer_token_file: str | None = None
    max_alerts: int = Field(MOST_ALERTS, ge=1, le=MOST_ALERTS)


class SlackWay(_Way):
    """An incoming webhook of Slack.

    Attributes:
        url, url_file: As of `WebhookWay`; whoever knows it can write there.
        language: Of the words.
        max_alerts: Most incidents that are named in one message.
    """

    url: Url | None = None
    url_file: str | None = None
    language: Language = "en"
    max_alerts: int = Field(10, ge=1, le=20)


class PagerDutyWay(_Way):
    """Events API v2 of PagerDuty.

    Attributes:
        routing_key_file: A file with the key of the integration; else the setting.
        url: Where events go.
        language: Of the words.
    """

    routing_key_file: str | None = None
    url: Url = "https://events.pagerduty.com/v2/enqueue"
    language: Language = "en"


class KafkaWay(BaseModel):
    """The topic of notifications alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send_resolved: bool = True


WayConfig = WebhookWay | SlackWay | PagerDutyWay | KafkaWay

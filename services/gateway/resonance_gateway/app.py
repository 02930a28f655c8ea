"""Puts the gateway together, whatever it sends with and asks through."""

from __future__ import annotations

import asyncio

from aiohttp import web

from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels.hub import Channels
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.news.alerts_stream import AlertStreams
from resonance_gateway.news.desk import NewsDesk
from resonance_gateway.news.readers import Newsroom
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import Reports
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.rest.asking import Asks, Explainer
from resonance_gateway.rest.front_page import front_page
from resonance_gateway.rest.handlers import Rest
from resonance_gateway.rest.models import TrackingView
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.sockets.connection import Surroundings
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.verdicts import Judge
from resonance_gateway.sockets.websocket import Sockets
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Sender, Spawn
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime.health import Health


class Gateway:
    """All parts of one gateway.

    Args:
        settings: Its settings.
        sender: Takes the records of activity.
        requester: Asks questions over topics.
        health: Told what is missing.
        spawn: Starts tasks whose failure ends the service.

    Attributes:
        tracker: Takes events in and stores them.
        newsroom: Takes the records that are read from topics.
        caught_up: To be set once the past was read: then operators may listen.
        sockets: Connections of users.
        streams: Connections of operators.
    """

    def __init__(
        self, settings: GatewaySettings, sender: Sender, requester: Asks, health: Health, spawn: Spawn
    ) -> None:
        self._settings = settings
        self._clock = Clock()
        self._authenticator = Authenticator(settings.jwt_secret.get_secret_value())
        self._pseudonyms = Pseudonyms(settings.pseudonym_key.get_secret_value())
        self._directory = Directory()
        self._recent = Recent()
        self._reports = Reports()
        self._desk = NewsDesk(self._directory.user_id)
        self._requester = requester
        self.caught_up = asyncio.Event()
        self.newsroom = Newsroom(self._recent, self._reports, self._desk)
        self.tracker = Tracker(sender, settings.instance, self._clock, health, spawn, settings.max_unsent_events)
        self.sockets = self._sockets()
        self.streams = AlertStreams(self._authenticator, self._desk, self._recent, self.caught_up)

    def routes(self) -> list[web.RouteDef]:
        """All routes, to be served beside the probes."""
        return [
            web.get("/", front_page),
            web.get("/ws", self.sockets.handle),
            web.get("/ws/alerts", self.streams.handle),
            *self._rest().routes(),
        ]

    def _sockets(self) -> Sockets:
        settings = self._settings
        addresses = AddressKeys(self._pseudonyms)
        return Sockets(
            Surroundings(self.tracker, Channels(), self._clock, settings.auth_timeout_s),
            Doorkeeper(
                self._authenticator,
                self._pseudonyms,
                self._directory,
                Admission(settings.max_connections_per_user),
                addresses,
            ),
            Judge(RateLimiter(Limits(settings.rate, settings.burst)), addresses),
            settings.max_frame_bytes,
            settings.heartbeat_s,
        )

    def _rest(self) -> Rest:
        explainer = Explainer(self._requester, self._recent, self._pseudonyms, self._settings.explain_timeout_s)
        return Rest(
            self._authenticator,
            self._recent,
            self._reports,
            explainer,
            self._clock,
            self._directory.user_id,
            self._tracking_view,
        )

    def _tracking_view(self) -> TrackingView:
        return TrackingView(
            instance=self._settings.instance,
            connections=len(self.sockets),
            alert_readers=len(self._desk),
            unsent_events=self.tracker.unsent,
            dropped_events=self.tracker.dropped,
        )

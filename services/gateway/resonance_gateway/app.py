"""Puts the gateway together, whatever it sends with and asks through."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from aiohttp import web

from resonance_contracts.rendering import Resolve
from resonance_gateway.actions.routes import ActionsApi
from resonance_gateway.actions.shelf import Shelf
from resonance_gateway.auth.component import Authentication
from resonance_gateway.channels.hub import Channels
from resonance_gateway.channels.outbox import Queueing
from resonance_gateway.channels.policies import Policies
from resonance_gateway.channels.publishing import Publishing
from resonance_gateway.channels.relay import relay_of
from resonance_gateway.console.pages import ConsolePages
from resonance_gateway.documents.asyncapi import asyncapi
from resonance_gateway.documents.openapi import openapi
from resonance_gateway.documents.served import Served
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.feedback.routes import FeedbackApi
from resonance_gateway.ingestion import judging
from resonance_gateway.ingestion.consumer import SubmittedHandling
from resonance_gateway.ingestion.intake import Intake
from resonance_gateway.ingestion.rest import Submissions
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.callers import Callers, limited
from resonance_gateway.limits.desk import LimitsDesk
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.ledger import Ledger
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.limits.routes import LimitsApi
from resonance_gateway.limits.sharing import Sharing
from resonance_gateway.news.alerts_stream import AlertStreams
from resonance_gateway.news.desk import NewsDesk
from resonance_gateway.news.lag import LagWatch
from resonance_gateway.news.online import OnlineVectors
from resonance_gateway.news.readers import Newsroom
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import Reports
from resonance_gateway.people.erasing import Erasing
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.people.routes import People
from resonance_gateway.proxy.assembly import Parts, proxy_of
from resonance_gateway.publishing import Publishes
from resonance_gateway.rest.access import admit_by
from resonance_gateway.rest.analysing import Analysing
from resonance_gateway.rest.asking import Asks, Explainer
from resonance_gateway.rest.assisting import Assisting
from resonance_gateway.rest.caller import caller_route
from resonance_gateway.rest.catalogue import catalogue_route
from resonance_gateway.rest.dispatcher import Dispatcher
from resonance_gateway.rest.explaining import Explaining
from resonance_gateway.rest.front_page import FrontPage
from resonance_gateway.rest.health import HealthOfParts
from resonance_gateway.rest.incidents import IncidentsApi
from resonance_gateway.rest.lists import HOUR_US, Lists
from resonance_gateway.rest.modelling import Modelling
from resonance_gateway.rest.predicting import Predicting
from resonance_gateway.rest.presence import PresenceApi
from resonance_gateway.rest.routing import Route
from resonance_gateway.rest.state import StateOfThings
from resonance_gateway.rest.status_models import TrackingView
from resonance_gateway.rest.timelines import Timelines
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.sockets.connection import Surroundings
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.verdicts import Judge
from resonance_gateway.sockets.websocket import Sockets
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Sender, Spawn
from resonance_gateway.tracking.tracker import Tracker
from resonance_gateway.tracking.whereabouts import Whereabouts
from resonance_runtime.erasures import Erasures
from resonance_runtime.health import Health
from resonance_runtime.publisher import Publisher


class Sends(Sender, Publishes, Protocol):
    """The part of the runtime's publisher that the gateway needs."""


class Gateway:
    """All parts of one gateway.

    Args:
        settings: Its settings.
        sender: Takes the records of activity.
        requester: Asks questions over topics.
        health: Told what is missing.
        spawn: Starts tasks whose failure ends the service.

    Attributes:
        clock: Stamps events.
        authentication: Keeps keys up to date, and closes connections whose token expired.
        edge: Who may connect, and from where.
        erasing: Erases people.
        entrance: Lets handshakes of WebSockets through.
        whereabouts: Who was in which channel, and came from which address.
        tracker: Takes events in and stores them.
        newsroom: Takes the records that are read from topics.
        caught_up: To be set once the past was read: then operators may listen.
        intake: Takes in what other backends tell, once it is open.
        submissions: What they tell over REST.
        channels: Who subscribed to what.
        relay: Shares channels with other gateways; None without Redis.
        gate: Limits of users and addresses.
        callers: Limits of REST callers.
        limits: Takes the records of adjusted limits.
        sharing: Keeps limits in step with those of other replicas.
        actions: What is done about incidents.
        lag: Knows how far behind the services are.
        online: The newest vectors of users; None without Redis.
        sockets: Connections of users.
        proxy: Connections and requests that go to a backend behind the gateway; None where there is none.
        streams: Connections of operators.
    """

    def __init__(self, settings: GatewaySettings, sender: Sends, requester: Asks, health: Health, spawn: Spawn) -> None:
        self._settings = settings
        self.clock = Clock()
        self.edge = Edge.of(settings)
        self.entrance = Entrance(self.edge)
        self.authentication = Authentication(settings, health, spawn, self.clock.now_us)
        self._authenticator = self.authentication.authenticator
        self._pseudonyms = Pseudonyms(*settings.keys_of_pseudonyms)
        self._directory = Directory()
        erasures = Erasures(self._directory.forget)
        max_age_us = round(settings.recent_max_age_hours * HOUR_US)
        self._recent = Recent(settings.recent_vectors, max_age_us, erasures=erasures)
        self._reports = Reports()
        self.actions = Shelf(erasures)
        self.lag = LagWatch(settings)
        self.online = None if settings.redis_url is None else OnlineVectors(settings.redis_url, self.clock)
        self._desk = NewsDesk(self._directory.user_id)
        self._requester = requester
        self._sender = sender
        self.caught_up = asyncio.Event()
        self.newsroom = Newsroom(self._recent, self._reports, self._desk)
        self.whereabouts = Whereabouts(erasures)
        self.tracker = Tracker(
            sender, settings.instance, self.clock, health, spawn, settings.max_unsent_events, self.whereabouts
        )
        self.erasing = Erasing(self._pseudonyms, self._directory, sender, self.tracker, self.clock, erasures)
        self.intake = Intake(self.tracker)
        self._judging = judging.Judge(self._pseudonyms, AddressKeys(self._pseudonyms), self._directory, erasures)
        self.submissions = Submissions(self.intake, self._judging, self.clock)
        self.channels = Channels(Policies(settings.channel_policies))
        self.relay = relay_of(settings, self.channels, health)
        self.gate = Gate(
            Limits(settings.rate, settings.burst),
            Limits(settings.address_rate, settings.address_burst),
            AddressKeys(self._pseudonyms),
            shared=settings.redis_url is not None,
        )
        of_requests = Limits(settings.request_rate, settings.request_burst)
        self.callers = Callers(self.gate, of_requests, self.clock, "requests")
        self.limits = LimitsDesk(self.gate, sender, self.clock, erasures)
        ledger = None if settings.redis_url is None else Ledger(settings.redis_url)
        self.sharing = Sharing(self.gate, ledger, self.clock, health)
        self.sockets = self._sockets()
        self.proxy = proxy_of(settings, self._for_proxy(health, spawn))
        self.streams = AlertStreams(
            self._authenticator, self._desk, self._recent, self.caught_up, self.entrance, settings.auth_timeout_s
        )
        self._let_forget(erasures)
        for connections in (self.sockets.connections, self.streams.connections):
            self.authentication.expiries.watch(connections)

    def routes(self) -> list[web.RouteDef]:
        """All routes, to be served beside the probes."""
        rest, console = self.rest(), ConsolePages()
        own = [web.get("/", FrontPage(rest, console).handle), web.get("/ws", self.sockets.handle)]
        return [
            *(own if self.proxy is None else []),
            web.get("/openapi.json", Served(openapi(rest)).handle),
            web.get("/asyncapi.json", Served(asyncapi()).handle),
            web.get("/ws/alerts", self.streams.handle),
            *console.routes(),
            *Dispatcher(limited(admit_by(self._authenticator), self.callers, self._pseudonyms.user)).served(rest),
            *([] if self.proxy is None else self.proxy.routes()),
        ]

    def submitted(self, publisher: Publisher, health: Health) -> SubmittedHandling:
        """Handles the records that backends write to their topic."""
        return SubmittedHandling(self.intake, self._judging, self.clock, publisher, health)

    def _let_forget(self, erasures: Erasures) -> None:
        """Whoever holds something about people is told when one is erased."""
        for forget in (
            self._recent.forget,
            self._desk.forget,
            self.gate.forget,
            self.sockets.forget,
            self.whereabouts.forget,
        ):
            erasures.also(forget)
        self.erasing.connections.append(self.sockets.connections)
        if self.proxy is not None:
            self.erasing.connections.append(self.proxy.tunnels)

    def _for_proxy(self, health: Health, spawn: Spawn) -> Parts:
        return Parts(
            self.authentication,
            self._pseudonyms,
            self._directory,
            self.gate,
            self.tracker,
            self.clock,
            health,
            spawn,
        )

    def _sockets(self) -> Sockets:
        settings = self._settings
        addresses = AddressKeys(self._pseudonyms)
        return Sockets(
            Surroundings(
                self.tracker,
                self.channels,
                self.clock,
                settings.auth_timeout_s,
                Queueing("ws", settings.max_queue_bytes),
                self._authenticator,
            ),
            Doorkeeper(
                self._authenticator,
                self._pseudonyms,
                self._directory,
                Admission(settings.max_connections_per_user),
                addresses,
                self.gate,
            ),
            Judge(RateLimiter(self.gate.limits), self.gate, addresses, settings.max_channels),
            settings.max_frame_bytes,
            settings.heartbeat_s,
            self.entrance,
        )

    def rest(self) -> list[Route[Any, Any, Any]]:
        """The routes of REST, from which the OpenAPI document is made too."""
        resolve = self._directory.user_id
        explainer = Explainer(self._requester, self._recent, self._pseudonyms, self._settings.explain_timeout_s)
        analysing = Analysing(
            self._requester,
            self._recent,
            self._pseudonyms,
            resolve,
            self._settings.explain_timeout_s,
            None if self.online is None else self.online.newest,
        )
        return [
            caller_route(),
            catalogue_route(),
            *HealthOfParts(self._reports, self.clock).routes(),
            *StateOfThings(self._reports, self._recent, self.lag, self.clock, self._tracking_view).routes(),
            *Lists(self._recent, resolve, None if self.online is None else self.online.drop_older).routes(),
            *analysing.routes(),
            *Modelling(self._requester, self._recent, self._pseudonyms, self.clock).routes(),
            *Predicting(analysing).routes(),
            *Explaining(explainer, resolve).routes(),
            *Assisting(self._requester, self._pseudonyms).routes(),
            *ActionsApi(self.actions, self._requester, self._pseudonyms, resolve).routes(),
            *Timelines(self._recent, self._pseudonyms, resolve).routes(),
            *IncidentsApi(self._requester, self._pseudonyms, resolve, self.clock).routes(),
            *PresenceApi(self.whereabouts, AddressKeys(self._pseudonyms), resolve).routes(),
            *self.submissions.routes(),
            *Publishing(self.channels, self._settings.max_frame_bytes).routes(),
            *People(self.erasing).routes(),
            *LimitsApi(self.gate, self.limits, self._pseudonyms, self.clock).routes(),
            *self._feedback(resolve).routes(),
        ]

    def _feedback(self, resolve: Resolve) -> FeedbackApi:
        return FeedbackApi(self._recent, self.newsroom, self._sender, self._pseudonyms, resolve, self.clock)

    def _tracking_view(self) -> TrackingView:
        return TrackingView(
            instance=self._settings.instance,
            connections=len(self.sockets),
            alert_readers=len(self._desk),
            unsent_events=self.tracker.unsent,
            dropped_events=self.tracker.dropped,
        )

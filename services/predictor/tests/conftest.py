"""Synthetic people: event times from habits, features from events by the catalogue's windows, vectors from features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_modeling.scorer import EnsembleScorer, Scores
from resonance_predictor.baseline import Prior
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import ModelVersion
from resonance_predictor.terms import Terms
from tests.support.ordinary_model import ordinary_model

Floats = NDArray[np.float64]
START_S = 1_800_000_000.0
EMISSION_S = 0.25


@dataclass(frozen=True)
class Events:
    """Messages of one user, in order of time; every array has one entry a message."""

    times: Floats
    sizes: Floats
    errors: Floats
    limited: Floats
    channels: NDArray[np.int64]
    addresses: NDArray[np.int64]
    logins: Floats

    def and_then(self, more: Events) -> Events:
        """Both together, in order of time."""
        order = np.argsort(np.concatenate((self.times, more.times)), kind="stable")
        joined = {
            name: np.concatenate((getattr(self, name), getattr(more, name)))[order]
            for name in ("times", "sizes", "errors", "limited", "channels", "addresses")
        }
        return Events(**joined, logins=np.sort(np.concatenate((self.logins, more.logins))))


def ordinary(rng: np.random.Generator, hours: float = 8.0) -> Events:
    """A day of an ordinary person: sessions with breaks, a pace that wanders, channels, one to three addresses."""
    times, logins, at = [], [], rng.uniform(0, 600)
    pace = rng.lognormal(np.log(6.0), 0.6)
    while at < hours * 3600:
        logins.append(at)
        end = at + rng.exponential(2400) + 120
        mood = rng.normal(0, 0.4)
        while at < min(end, hours * 3600):
            mood += -0.02 * mood + rng.normal(0, 0.08)
            gap = rng.lognormal(np.log(60.0 / pace) - 0.5 - mood, 1.0)
            at += min(gap, 300.0)
            times.append(at)
        at = end + rng.exponential(900) + 30
    n = len(times)
    home = rng.integers(1, 4)
    session = np.searchsorted(logins, times, side="right")
    return Events(
        START_S + np.array(times),
        rng.lognormal(np.log(rng.lognormal(5.0, 0.5)), 0.7, n),
        (rng.random(n) < rng.beta(1, 60)).astype(float),
        np.zeros(n),
        rng.choice(int(rng.integers(1, 8)), n),
        session % home,
        START_S + np.array(logins),
    )


def steady(
    rng: np.random.Generator, start_s: float, seconds: float, per_minute: float, *, error: float = 0.0,
    limited: float = 0.0, clockwork: bool = False, addresses: int = 1, size: float = 200.0,
) -> Events:  # fmt: skip
    """Messages at one pace: what misbehaves is given."""
    n = int(seconds * per_minute / 60)
    gaps = np.full(n, 60 / per_minute) * (rng.normal(1, 0.01, n) if clockwork else rng.exponential(1, n))
    return Events(
        start_s + np.cumsum(gaps),
        rng.lognormal(np.log(size), 0.5, n),
        ((rng.random(n) < error) | (rng.random(n) < limited)).astype(float),
        (rng.random(n) < limited).astype(float),
        np.zeros(n, dtype=np.int64),
        rng.integers(0, addresses, n),
        np.empty(0),
    )


def features(events: Events) -> Floats:
    """Features (n, WIDTH) after each message, by windows that slide continuously."""
    t, n = events.times, len(events.times)
    here = np.arange(1, n + 1)
    values = np.zeros((n, WIDTH))

    def total(column: Floats, seconds: float) -> Floats:
        sums = np.concatenate(([0.0], np.cumsum(column)))
        return sums[here] - sums[np.searchsorted(t, t - seconds, side="right")]

    ten = total(np.ones(n), 600)
    values[:, INDEX["messages_per_minute"]] = total(np.ones(n), 60)
    values[:, INDEX["requests_per_user"]] = ten
    values[:, INDEX["avg_message_size"]] = total(events.sizes, 600) / ten
    values[:, INDEX["error_rate"]] = total(events.errors, 300) / total(np.ones(n), 300)
    values[:, INDEX["rate_limit_violations"]] = total(events.limited, 600)
    channels = np.sum([total((events.channels == c) * 1.0, 600) > 0 for c in np.unique(events.channels)], axis=0)
    values[:, INDEX["channels_count"]] = channels
    values[:, INDEX["channel_activity"]] = ten / np.maximum(channels, 1)
    values[:, INDEX["burstiness_score"]] = _burstiness(t)
    hour = total(np.ones(n), 3600)
    shares = [total((events.addresses == a) * 1.0, 3600) / hour for a in np.unique(events.addresses)]
    values[:, INDEX["ip_entropy"]] = np.maximum(-sum(s * np.log2(np.where(s > 0, s, 1.0)) for s in shares), 0.0)
    values[:, INDEX["jwt_token_reuse"]] = np.sum([s > 0 for s in shares], axis=0)
    values[:, INDEX["jwt_token_churn"]] = 1.0
    login = np.searchsorted(events.logins, t, side="right")
    opened = events.logins[np.maximum(login - 1, 0)] if len(events.logins) else t
    values[:, INDEX["connection_duration"]] = t - opened
    gaps = np.diff(events.logins)
    medians = [np.median(gaps[max(0, k - 9) : k - 1]) if k > 1 else 3_600.0 for k in range(len(events.logins) + 1)]
    values[:, INDEX["login_intervals"]] = np.minimum(np.array(medians)[login], 3_600.0)
    return values


def _burstiness(t: Floats) -> Floats:
    """Of the last 31 intervals, none older than ten minutes."""
    before = np.concatenate((np.full(31, -np.inf), t))
    recent = np.lib.stride_tricks.sliding_window_view(before, 32)
    fresh = t[:, np.newaxis] - recent[:, :-1] < 600
    gaps = np.where(fresh, np.diff(np.where(np.isinf(recent), 0.0, recent), axis=1), 0.0)
    n = fresh.sum(axis=1)
    mean = gaps.sum(axis=1) / np.maximum(n, 1)
    spread = np.sqrt(np.where(fresh, (gaps - mean[:, np.newaxis]) ** 2, 0.0).sum(axis=1) / np.maximum(n, 1))
    r = spread / np.where(mean > 0, mean, 1.0)
    burstiness = (np.sqrt(n + 1) * r - np.sqrt(np.maximum(n - 1, 0))) / (
        (np.sqrt(n + 1) - 2) * r + np.sqrt(np.maximum(n - 1, 1e-9))
    )
    return np.where((n >= 8) & (mean > 0), burstiness, 0.0)


@dataclass(frozen=True)
class Vector:
    """One vector of one user."""

    user: str
    ordinal: int
    end_us: int
    values: Floats
    stream: str = "live"

    @property
    def id(self) -> str:
        return blake2b(f"{self.user}/{self.stream}/{self.ordinal}".encode(), digest_size=16).hexdigest()


def emit(user: str, events: Events) -> list[Vector]:
    """Vectors of a user: one every ten messages or quarter of a second, whichever is first."""
    values, emitted, last, since = features(events), [], -1e9, 0
    for i, t in enumerate(events.times.tolist()):
        since += 1
        if since >= 10 or t - last >= EMISSION_S:
            emitted.append(Vector(user, len(emitted) + 1, int(t * 1e6), values[i]))
            last, since = t, 0
    return emitted


def merge(*people: Sequence[Vector]) -> list[Vector]:
    """Vectors of several users in order of event time."""
    return sorted((v for person in people for v in person), key=lambda v: (v.end_us, v.user))


def batch(vectors: Sequence[Vector], watermark_us: int | None = None, stream: str = "live") -> VectorBatch:
    """A record as the extractor writes it."""
    return VectorBatch(
        stream=stream,
        watermark_us=max((v.end_us for v in vectors), default=0) if watermark_us is None else watermark_us,
        catalogue_version=CATALOGUE_VERSION,
        width=WIDTH,
        vector_id=[v.id for v in vectors],
        user_key=[v.user for v in vectors],
        ordinal=[v.ordinal for v in vectors],
        start_us=[v.end_us - 250_000 for v in vectors],
        end_us=[v.end_us for v in vectors],
        values=np.concatenate([v.values for v in vectors]) if vectors else [],
        first_received_us=[v.end_us for v in vectors],
        last_received_us=[v.end_us for v in vectors],
    )


def batches(vectors: Iterable[Vector], size: int) -> Iterator[VectorBatch]:
    """Records of at most `size` vectors."""
    waiting = iter(vectors)
    while part := list(islice(waiting, size)):
        yield batch(part)


@dataclass(frozen=True)
class TableScorer:
    """A model that knows one thing: the more requests, the rarer. Elementwise, so the same in any batch."""

    version: str = "1" * 64
    rate: float = 0.02

    @property
    def model(self) -> ModelVersion:
        return ModelVersion("anomaly_detection", self.version)

    @property
    def prior(self) -> Prior:
        mean, spread = np.zeros(WIDTH), np.full(WIDTH, 1.0)
        mean[:3], spread[:3] = (6.0, 30.0, 150.0), (6.0, 25.0, 100.0)
        return Prior.of_population(mean, spread)

    @property
    def members(self) -> tuple[str, ...]:
        return ("table",)

    looks_back = False

    def expected(self, recent: NDArray[np.float32]) -> Floats | None:
        """Nothing."""
        return None

    def judge(self, scaled: Floats, expected: Floats | None = None) -> Scores:
        requests = np.expm1(scaled[:, INDEX["requests_per_user"]])
        surprise = self.rate * requests
        return Scores(requests / (requests + 1.0), np.exp(-surprise), np.ones(len(scaled)), surprise[:, np.newaxis])


class Synthetic:
    """What tests make traffic and terms from."""

    ordinary = staticmethod(ordinary)
    steady = staticmethod(steady)
    emit = staticmethod(emit)
    merge = staticmethod(merge)
    batch = staticmethod(batch)
    batches = staticmethod(batches)
    vector = Vector
    scorer = TableScorer

    @property
    def terms(self) -> Terms:
        """Default rules, no model."""
        return Terms(RuleBook.default())

    @property
    def scored_terms(self) -> Terms:
        """Default rules and a model."""
        return Terms(RuleBook.default(), TableScorer())

    def quiet(self, now_us: int, stream: str = "live") -> VectorBatch:
        """A record without vectors: time passes."""
        return batch([], now_us, stream)

    def values(self, **features: float) -> Floats:
        """A vector with these features, ordinary ones elsewhere."""
        row = np.zeros(WIDTH)
        defaults = {
            "messages_per_minute": 6.0, "requests_per_user": 30.0, "avg_message_size": 150.0, "channels_count": 2.0,
            "channel_activity": 15.0, "login_intervals": 3_600.0, "jwt_token_reuse": 1.0, "jwt_token_churn": 1.0,
            "connection_duration": 600.0,
        }  # fmt: skip
        for name, value in {**defaults, **features}.items():
            row[FEATURE_NAMES.index(name)] = value
        return row

    def day(
        self, user: str, seed: int, hours: float, *deeds: Callable[[np.random.Generator, float], Events]
    ) -> tuple[list[Vector], int]:
        """Vectors of an ordinary person who then does something, and the event time when that begins."""
        rng = np.random.default_rng(seed)
        events = ordinary(rng, hours)
        begin_s = float(events.times[-1]) + 5.0
        for deed in deeds:
            events = events.and_then(deed(rng, begin_s))
        return emit(user, events), int(begin_s * 1e6)


@pytest.fixture(scope="session")
def synthetic() -> Synthetic:
    return Synthetic()


@pytest.fixture(scope="session")
def ensemble() -> Ensemble:
    """A model as the auto-retrainer makes it."""
    return Ensemble(EnsembleScorer(ordinary_model()))

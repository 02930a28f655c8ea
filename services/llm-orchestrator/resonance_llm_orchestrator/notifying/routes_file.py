"""The file of routes: YAML, in the words of Alertmanager's own, checked whole before anything is routed by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from resonance_llm_orchestrator.notifying.inhibition import InhibitionRule
from resonance_llm_orchestrator.notifying.labels import NAMES
from resonance_llm_orchestrator.notifying.matchers import Matcher, parsed
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan, Receiver, Way
from resonance_llm_orchestrator.notifying.routing import EVERY_LABEL, SECOND_US, Pace, Route, route_key
from resonance_llm_orchestrator.notifying.ways import KafkaWay, PagerDutyWay, SlackWay, WayConfig, WebhookWay
from resonance_runtime.errors import SettingsError

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_US: Final = 30 * 86_400 * SECOND_US


def _duration(value: object) -> int:
    """Microseconds of "30s", "5m", "1h30m"."""
    text = str(value)
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text[:50]!r} is not a duration; expected one like 30s, 5m, 4h or 1h30m")
    found = sum(int(number) * _UNITS_S[unit] for number, unit in parts) * SECOND_US
    if found > _LONGEST_US:
        raise ValueError(f"{text[:50]!r} is longer than 30 days")
    return found


def _matcher(value: object) -> Matcher:
    return parsed(str(value))


def _labels(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in NAMES and not (name == EVERY_LABEL and len(names) == 1):
            raise ValueError(f"there is no label {name[:64]!r}; expected some of {', '.join(NAMES)}, or ... alone")
    return names


def _not_zero(us: int) -> int:
    if us < SECOND_US:
        raise ValueError("it is shorter than a second")
    return us


_Duration = Annotated[int, BeforeValidator(_duration)]
_Interval = Annotated[int, BeforeValidator(_duration), AfterValidator(_not_zero)]
_MatcherText = Annotated[Any, BeforeValidator(_matcher)]
_LabelNames = Annotated[list[str], AfterValidator(_labels)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RouteSpec(_Strict):
    matchers: list[_MatcherText] = []
    receiver: str | None = None
    group_by: _LabelNames | None = None
    group_wait: _Duration | None = None
    group_interval: _Interval | None = None
    repeat_interval: _Interval | None = None
    page_interval: _Duration | None = None
    continue_: bool = Field(False, alias="continue")
    routes: list[_RouteSpec] = []


class _ReceiverSpec(_Strict):
    name: str = Field(pattern=r"^[\w.-]{1,64}$")
    webhook: list[WebhookWay] = []
    slack: list[SlackWay] = []
    pagerduty: list[PagerDutyWay] = []


class _InhibitionSpec(_Strict):
    source_matchers: list[_MatcherText] = Field(min_length=1)
    target_matchers: list[_MatcherText] = Field(min_length=1)
    equal: _LabelNames = []


class _FileSpec(_Strict):
    route: _RouteSpec
    receivers: list[_ReceiverSpec] = Field(min_length=1)
    inhibit_rules: list[_InhibitionSpec] = []


def read_plan(path: str | None) -> NotifyingPlan:
    """The plan of a file, or of the one that comes with the service.

    Raises:
        SettingsError: It cannot be read, or something in it is wrong: a sentence for each.
    """
    name = path or "the file of routes that comes with the service"
    try:
        text = _default() if path is None else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"RESONANCE_NOTIFY_ROUTES is {path!r}, which cannot be read: {error}.") from error
    return plan_of(text, name)


def plan_of(text: str, name: str) -> NotifyingPlan:
    """The plan that a text says; `name` is of the file, for sentences; raises SettingsError."""
    try:
        spec = _FileSpec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise SettingsError(f"{name} is not YAML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(" ".join(_sentences(name, error))) from error
    receivers = {one.name: _receiver(one) for one in spec.receivers}
    if len(receivers) != len(spec.receivers):
        raise SettingsError(f"{name}: two receivers have the same name; each needs its own.")
    if spec.route.receiver is None or spec.route.matchers:
        raise SettingsError(f"{name}: the first route takes everything, so it has a receiver and no matchers.")
    root = _route(spec.route, None, "0")
    for route in root.walk():
        if route.receiver not in receivers:
            expected = ", ".join(receivers)
            raise SettingsError(f"{name}: there is no receiver {route.receiver!r}; expected one of {expected}.")
    return NotifyingPlan(root, receivers, tuple(map(_inhibition, spec.inhibit_rules)))


def _default() -> str:
    return (files("resonance_llm_orchestrator.notifying") / "default_routes.yml").read_text(encoding="utf-8")


def _route(spec: _RouteSpec, parent: Route | None, place: str) -> Route:
    """A route with what it says, and for the rest what its parent has."""
    above = Pace() if parent is None else parent.pace
    matchers = tuple(sorted(spec.matchers))
    key = route_key(None if parent is None else parent.key, matchers)
    pace = Pace(
        above.wait_us if spec.group_wait is None else spec.group_wait,
        above.interval_us if spec.group_interval is None else spec.group_interval,
        above.repeat_us if spec.repeat_interval is None else spec.repeat_interval,
        above.page_us if spec.page_interval is None else spec.page_interval,
    )
    inherited = () if parent is None else parent.group_by
    group_by = inherited if spec.group_by is None else tuple(spec.group_by)
    receiver = spec.receiver or ("" if parent is None else parent.receiver)
    bare = Route(f"{key}/{place}", key, matchers, receiver, group_by, pace, spec.continue_)
    children = tuple(_route(child, bare, f"{place}.{number}") for number, child in enumerate(spec.routes))
    return Route(bare.id, key, matchers, receiver, group_by, pace, spec.continue_, children)


def _receiver(spec: _ReceiverSpec) -> Receiver:
    configs: list[tuple[str, WayConfig]] = []
    configs += [(f"webhook/{number}", webhook) for number, webhook in enumerate(spec.webhook)]
    configs += [(f"slack/{number}", slack) for number, slack in enumerate(spec.slack)]
    configs += [(f"pagerduty/{number}", pagerduty) for number, pagerduty in enumerate(spec.pagerduty)]
    # What is told to nobody else is on the topic, with its reason, all the same.
    configs = configs or [("kafka", KafkaWay())]
    return Receiver(spec.name, tuple(Way(name, way.send_resolved, way) for name, way in configs))


def _inhibition(spec: _InhibitionSpec) -> InhibitionRule:
    return InhibitionRule(tuple(spec.source_matchers), tuple(spec.target_matchers), tuple(spec.equal))


def _sentences(name: str, error: ValidationError) -> list[str]:
    """Where something is wrong, and how; no value, for it may be a secret."""
    said = []
    for fault in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"]) or "the file"
        said.append(f"{name}: {place}: {fault['msg'].removeprefix('Value error, ')}.")
    return said

"""Executors by kind: those that come with the product, and plug-ins of the entry point group below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final

from pydantic import ValidationError

from resonance_llm_orchestrator.actions.errors import PolicyError
from resonance_llm_orchestrator.actions.executors.executor import Executor
from resonance_llm_orchestrator.actions.executors.gateway_limits import (
    GatewayLimits,
    Limiting,
    LimitsOptions,
    SendAll,
)
from resonance_llm_orchestrator.actions.executors.kubernetes import Kubernetes, KubernetesOptions
from resonance_llm_orchestrator.actions.executors.webhook import Webhook, WebhookOptions
from resonance_llm_orchestrator.actions.policy import Policy

GROUP: Final = "resonance_action_executors"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What executors may use.

    Attributes:
        send_all: Stores records.
        limiting: Actions that limit a user now.
        now_us: The clock.
        webhook_secret: Signs webhooks.
    """

    send_all: SendAll
    limiting: Limiting
    now_us: Callable[[], int]
    webhook_secret: str = ""


Make = Callable[[str, Mapping[str, Any], Surroundings], Executor]
"""Makes an executor from its name and what the policy file says of it; raises ValidationError or ValueError."""


def _webhook(name: str, options: Mapping[str, Any], around: Surroundings) -> Executor:
    return Webhook(name, WebhookOptions.model_validate(options), around.webhook_secret)


def _kubernetes(name: str, options: Mapping[str, Any], _: Surroundings) -> Executor:
    return Kubernetes(name, KubernetesOptions.model_validate(options))


def _gateway_limits(_: str, options: Mapping[str, Any], around: Surroundings) -> Executor:
    LimitsOptions.model_validate(options)
    return GatewayLimits(around.send_all, around.limiting, around.now_us)


BUILT_IN: Final[Mapping[str, Make]] = {
    "webhook": _webhook,
    "kubernetes": _kubernetes,
    "gateway_limits": _gateway_limits,
}


def executors_of(policy: Policy, around: Surroundings) -> dict[str, Executor]:
    """The executors of a policy, by name.

    Raises:
        PolicyError: There is no such kind, or it takes something else.
    """
    return {name: _made(name, terms.kind, terms.options(), around) for name, terms in policy.executors.items()}


def _made(name: str, kind: str, options: Mapping[str, Any], around: Surroundings) -> Executor:
    make = BUILT_IN.get(kind)
    if make is None:
        plugs = {point.name: point for point in entry_points(group=GROUP)}
        if kind not in plugs:
            known = ", ".join([*BUILT_IN, *plugs])
            raise PolicyError(f"The executor {name} is of kind {kind!r}; expected one of {known}.")
        make = plugs[kind].load()
    try:
        return make(name, options, around)
    except ValidationError as error:
        said = " ".join(
            f"The executor {name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}."
            for fault in error.errors(include_input=False)
        )
        raise PolicyError(said) from None
    except ValueError as error:
        raise PolicyError(f"The executor {name}: {error}.") from None

"""REST: the catalogue, with names for people: features, and kinds of incidents."""

from __future__ import annotations

from typing import Any

from resonance_contracts.features import CATALOGUE_VERSION, FEATURES, Feature
from resonance_contracts.rendering import finite
from resonance_gateway.auth.roles import Role
from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_narration import KINDS, Language, name_column, name_kind


class FeatureView(Answer):
    """One entry of a vector.

    Attributes:
        unit: Of its values; empty for pure numbers.
        lower, upper: Closed range of possible values; null where it has no end.
        window: What the value looks back on.
        group: What it speaks of.
        definition: How it is computed.
        names: For people, by language.
    """

    name: str
    unit: str
    lower: float | None
    upper: float | None
    window: str
    group: str
    definition: str
    names: dict[str, str]


class KindNames(Answer):
    """A kind of incident that comes with the product; operators' rules have kinds of their own.

    Attributes:
        names: For people, by language.
    """

    kind: str
    names: dict[str, str]


class Catalogue(Answer):
    """Features in the order of vectors, and kinds of incidents."""

    version: str
    features: list[FeatureView]
    kinds: list[KindNames]


def catalogue_route() -> Route[Any, Any, Any]:
    """The route, to be served."""
    summary = "The features of a vector and the kinds of incidents, with names for people."
    return Route(
        "GET", "/ml/catalogue", Role.VIEWER, summary, _tell, Nothing, Nothing, Nothing, Catalogue, tag="status"
    )


async def _tell(_: Call[Nothing, Nothing, Nothing]) -> Catalogue:
    """`GET /ml/catalogue`."""
    return Catalogue(
        version=CATALOGUE_VERSION,
        features=[_feature(feature) for feature in FEATURES],
        kinds=[KindNames(kind=kind, names={one: name_kind(kind, one) for one in Language}) for kind in KINDS],
    )


def _feature(feature: Feature) -> FeatureView:
    return FeatureView(
        name=feature.name,
        unit=feature.unit,
        lower=finite(feature.lower),
        upper=finite(feature.upper),
        window=feature.window,
        group=feature.group,
        definition=feature.definition,
        names={language: name_column(feature.name, language) for language in Language},
    )

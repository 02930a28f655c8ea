"""What a manifest says of the kinds of users that a model tells apart."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat


class Cluster(BaseModel):
    """A kind of users.

    Attributes:
        names: What it is called, by language ("en", "ru"): a function of what the users do, so a kind that is found
            again is called the same.
        center: What the users ordinarily do, a value per feature in its unit, in the order of the manifest's feature
            names.
        users: How many there were.
        share: Share of all users, 0 to 1.
        usual_distance, far_distance: Half of them, and 95 % of them, are no farther from the center.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    names: dict[str, str]
    center: tuple[FiniteFloat, ...]
    users: int = Field(ge=1)
    share: Annotated[float, Field(gt=0, le=1)]
    usual_distance: Annotated[float, Field(ge=0)]
    far_distance: Annotated[float, Field(ge=0)]

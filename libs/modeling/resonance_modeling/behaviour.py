"""What the model of user behaviour takes and gives: the contract between who trains it, who serves it and who asks.

    usual        (n, WIDTH)     what a user ordinarily does: the median of each feature over their vectors, in its unit
    cluster      (n,)           number of the kind of users that is most probable, from 0, as the manifest lists them
    memberships  (n, clusters)  probability of each kind
    distance     (n,)           how far the user is from the center of that kind, in spreads of a kind

The median, because it is the same whether it is taken before or after a feature is brought to its scale of comparison.
"""

from __future__ import annotations

from typing import Final

from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Signature, Tensor

USER_BEHAVIOR: Final = "user_behavior"

SIGNATURE: Final = Signature(
    inputs=(Tensor(name="usual", shape=(-1, WIDTH)),),
    outputs=(
        Tensor(name="cluster", shape=(-1,)),
        Tensor(name="memberships", shape=(-1, -1)),
        Tensor(name="distance", shape=(-1,)),
    ),
)

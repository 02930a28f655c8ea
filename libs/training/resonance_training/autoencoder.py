"""What a row loses when it is squeezed through fewer numbers than it has: an autoencoder's reconstruction error.

Hawkins et al. 2002, "Outlier Detection Using Replicator Neural Networks". One hidden layer of tanh, a quarter as
wide as the rows, in standardised columns: it can keep what ordinary columns have in common, and nothing else.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from resonance_training.parameters import Parameters
from resonance_training.rows import Floats
from resonance_training.standard import Standard, some

LEAST_HIDDEN: Final = 2
MOST_ROWS: Final = 5_000
BATCH: Final = 128
DEFAULTS: Final = Parameters()


class Autoencoder:
    """Mean over the columns of the squared difference between a row and what comes back of it.

    Attributes:
        standard: The units of the columns.
        inward, inward_bias: Weights to the hidden layer, (width, hidden) and (hidden,).
        outward, outward_bias: Weights back, (hidden, width) and (width,).

    Args:
        rows: What to learn from, (n, width), n >= 2, finite; ordinary ones, as far as can be told.
        seed: Of the first weights, and of the order of the rows.
        parameters: See there.
    """

    def __init__(self, rows: Floats, seed: int, parameters: Parameters = DEFAULTS) -> None:
        self.standard = Standard.learn(rows)
        learned = some(self.standard.apply(rows), MOST_ROWS, seed)
        hidden = max(LEAST_HIDDEN, int(rows.shape[1] / parameters.autoencoder_squeeze))
        network = MLPRegressor(
            hidden_layer_sizes=(hidden,),
            activation="tanh",
            batch_size=min(BATCH, len(learned)),
            learning_rate_init=parameters.autoencoder_rate,
            max_iter=parameters.autoencoder_epochs,
            random_state=seed,
        )
        with warnings.catch_warnings():
            # A fixed number of passes is meant.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(learned, learned if learned.shape[1] > 1 else learned[:, 0])
        self.inward: Floats
        self.outward: Floats
        self.inward, self.outward = network.coefs_
        self.inward_bias, self.outward_bias = network.intercepts_

    def score(self, rows: Floats) -> Floats:
        """Mean squared error, (n,), of rows (n, width)."""
        at = self.standard.apply(rows)
        back = np.tanh(at @ self.inward + self.inward_bias) @ self.outward + self.outward_bias
        found: Floats = ((at - back) ** 2).mean(axis=1)
        return found

"""What words claim of features, held against the facts: the same for every provider, without a model."""

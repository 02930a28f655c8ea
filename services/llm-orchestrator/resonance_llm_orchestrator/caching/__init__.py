"""Words of providers, kept so that the same question is not paid twice."""

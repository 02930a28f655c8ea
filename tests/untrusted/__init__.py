"""What comes of texts from outside, and of models that do not keep to the facts."""

"""Whose part of a player's lag is whose: an additive split by comparison with others and with before. No I/O."""

"""Replaying access logs: from lines to timelines, and what is true of an address. Pure but for `run`."""

"""Runs all of Resonance on one machine: broker, store, Redis and the six services, as child processes."""

"""What Resonance does in figures, each beside its peer in the same run: `make bench`."""

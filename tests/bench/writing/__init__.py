"""What the orchestrator adds to a provider, and how fast it writes alone."""

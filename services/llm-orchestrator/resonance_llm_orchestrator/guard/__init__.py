"""What stands between facts and providers, and between providers and people."""

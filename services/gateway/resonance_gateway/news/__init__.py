"""What the gateway reads from topics, for those who watch."""

"""Tells people of incidents: the shell around `notifying` and `sinks`, one process of the service at a time."""

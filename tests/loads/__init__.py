"""What the running system does under load: scenarios of the load test, and rates that rise until something gives."""

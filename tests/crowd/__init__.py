"""A crowd of live users at a running gateway: they come, write, misbehave now and then, and go."""

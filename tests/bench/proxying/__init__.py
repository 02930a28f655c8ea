"""What the gateway adds to the time of a message on its way to a backend and back."""

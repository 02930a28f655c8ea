"""What tests across services share."""

"""Publications to those who subscribed."""

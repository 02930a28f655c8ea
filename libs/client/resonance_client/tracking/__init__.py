"""Telling the gateway what users of another backend did."""

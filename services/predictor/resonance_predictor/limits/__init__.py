"""Limits that follow from incidents: how much a user may send while something is wrong with them, and for how long."""

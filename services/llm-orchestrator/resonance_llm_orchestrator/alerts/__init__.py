"""Alerts as briefs, and words as enriched alerts."""

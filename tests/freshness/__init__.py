"""A model's whole life on real parts: trained, out of date, replaced, found wanting, taken back."""

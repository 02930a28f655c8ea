"""Descriptions of the gateway for machines, made from the code that serves it."""

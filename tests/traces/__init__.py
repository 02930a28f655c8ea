"""One trace from a frame to the enriched alert, as a collector sees it."""

"""Services that write: each a thin layer over its SDK, with one request for one attempt."""

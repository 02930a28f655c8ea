"""Both protocols with every fault: what a caller gets, what it takes and what it costs."""

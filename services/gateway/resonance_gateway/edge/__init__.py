"""The network edge: who connects, from where, over what, how many, and how long they may take about it."""

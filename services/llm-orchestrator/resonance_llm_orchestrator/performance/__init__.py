"""What a set of measured series says: changes, departures, trends, what leads what. NumPy alone, no I/O."""

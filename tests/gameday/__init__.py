"""A game day: containers are broken under traffic, one way after the other, and it is told what people saw of it."""

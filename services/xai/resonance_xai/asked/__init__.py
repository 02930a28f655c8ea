"""Explanations of any model with a table of numbers as its input, made when somebody asks. Free of I/O."""

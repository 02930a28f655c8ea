"""Pictures of explanations, drawn with matplotlib's figures alone, which are safe to make in any thread."""

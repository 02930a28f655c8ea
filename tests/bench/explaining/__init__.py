"""How fast anomalies are explained, and how good the explanations are."""

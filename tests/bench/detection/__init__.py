"""How well rows that people have labelled anomalous are told from the others."""

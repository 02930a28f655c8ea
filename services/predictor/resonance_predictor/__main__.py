"""`python -m resonance_predictor`."""

from resonance_predictor.service import main

main()

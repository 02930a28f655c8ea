"""`python -m resonance_xai`."""

from resonance_xai.service import main

main()

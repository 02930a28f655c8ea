"""`python -m resonance_llm_orchestrator` runs the service."""

from resonance_llm_orchestrator.service import main

main()

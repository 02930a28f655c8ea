"""`python -m resonance_xai` runs the service; `python -m resonance_xai standalone …` explains one model file."""

import gc
import sys

# Nothing of what is imported goes away again: to look for it takes a tenth of the start.
gc.disable()

if sys.argv[1:2] == ["standalone"]:
    from resonance_xai.standalone import main as explain_a_file

    gc.enable()
    explain_a_file(sys.argv[2:])
else:
    from resonance_xai.service import main

    gc.freeze()
    gc.enable()
    main()

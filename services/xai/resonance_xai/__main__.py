"""`python -m resonance_xai` runs the service; `python -m resonance_xai standalone …` explains one model file."""

import sys

if sys.argv[1:2] == ["standalone"]:
    from resonance_xai.standalone import main as explain_a_file

    explain_a_file(sys.argv[2:])
else:
    from resonance_xai.service import main

    main()

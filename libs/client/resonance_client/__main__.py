"""`python -m resonance_client` is `resonance`."""

import sys

from resonance_client.cli.main import main

sys.exit(main())

"""`python -m tapeflow`: the same as the command `tapeflow`."""

from __future__ import annotations

import sys

from tapeflow.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

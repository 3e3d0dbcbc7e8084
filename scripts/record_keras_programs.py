#!/usr/bin/env python
"""Records what the programs of tests/programs/keras print on the real TensorFlow.

    python scripts/record_keras_programs.py            all of them
    python scripts/record_keras_programs.py dense      some of them

`tests/programs/test_keras.py` compares what they print on tapeflow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "tests" / "programs" / "keras"
RECORDED = ROOT / "tests" / "golden" / "keras_programs.json"


def main() -> int:
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    names = sys.argv[1:] or [path.stem for path in sorted(PROGRAMS.glob("*.py"))]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    for name in names:
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", str(PROGRAMS / f"{name}.py")],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        recorded[name] = json.loads(ended.stdout.splitlines()[-1])
        print(f"{name}: {len(recorded[name])} results")
    RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`tf.keras`: Keras 3 from PyPI, unmodified, on tapeflow.

Keras imports `tensorflow`, so loading it installs tapeflow under that name in this process (see
`tapeflow.install`). This module then stands aside: `tapeflow.keras` is Keras's own package.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

from tapeflow.alias.installation import install

if find_spec("keras") is None:
    raise ModuleNotFoundError(
        "tf.keras is Keras 3, a package of its own, which is not installed: "
        "pip install 'tapeflow[keras]'",
        name="keras",
    )
try:
    install()
except RuntimeError as error:
    raise ImportError(
        "tf.keras needs tapeflow under the name tensorflow, because Keras imports that name, but "
        "the real TensorFlow is already imported in this process"
    ) from error
sys.modules[__name__] = import_module("keras._tf_keras.keras")

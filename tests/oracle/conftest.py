"""The real TensorFlow, imported only by the tests marked `oracle`."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest


@pytest.fixture(scope="session")
def real_tf() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow = pytest.importorskip("tensorflow", minversion="2.21")
    if not hasattr(tensorflow, "raw_ops"):
        pytest.skip("what is installed as tensorflow is not TensorFlow")
    return tensorflow

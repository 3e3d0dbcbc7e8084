"""The version of tapeflow, and of the TensorFlow API that it implements (`tf.version`)."""

from __future__ import annotations

from tapeflow.engine.core.export import export_value

TAPEFLOW_VERSION = "0.1.0"

# What programs compare: the API's version, not ours.
VERSION = "2.21.0"
GIT_VERSION = f"tapeflow-{TAPEFLOW_VERSION}"
COMPILER_VERSION = "none"
GRAPH_DEF_VERSION = 2474
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0

for _name in (
    "VERSION",
    "GIT_VERSION",
    "COMPILER_VERSION",
    "GRAPH_DEF_VERSION",
    "GRAPH_DEF_VERSION_MIN_CONSUMER",
    "GRAPH_DEF_VERSION_MIN_PRODUCER",
):
    export_value(_name, f"version.{_name}")

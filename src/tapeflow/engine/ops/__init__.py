"""Every operation, by theme: primitives with their public functions, and composites of them.

In a gradient rule (`vjp`), call the public functions here, so that the rule itself is recorded,
traced and differentiated like any program. Modules that need each other import modules, not names.
"""

# Whoever makes a tensor may use operators on it, so they come with the first operation loaded.
from tapeflow.engine.ops import overloads as overloads
from tapeflow.engine.ops import provided as provided
from tapeflow.engine.ops.array import indexing as indexing

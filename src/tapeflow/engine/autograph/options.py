"""What a conversion covers: `Feature`, and the options that generated code carries along."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable
from typing import Any

from tapeflow.engine.core.export import export


@export("autograph.experimental.Feature", "compat.v1.autograph.experimental.Feature")
class Feature(enum.Enum):
    """Optional parts of a conversion, for `tf.function(experimental_autograph_options=...)`.

    Attributes:
      ALL: all of them.
      AUTO_CONTROL_DEPS: operations with effects keep their order; they always do here.
      ASSERT_STATEMENTS: `assert` on a tensor becomes `tf.debugging.Assert`.
      BUILTIN_FUNCTIONS: `print` of a tensor becomes `tf.print`.
      EQUALITY_OPERATORS: `==` and `!=` become `tf.equal` and its negation.
      LISTS: item assignment to tensors, and `append` and `pop` of a `tf.TensorArray`.
      NAME_SCOPES: operations are named after the Python function that makes them.

    Example:
      >>> import tapeflow as tf
      >>> tf.autograph.experimental.Feature.LISTS in tf.autograph.experimental.Feature.all()
      True
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"

    @classmethod
    def all(cls) -> tuple[Feature, ...]:
        """All features.

        Returns:
          A tuple.
        """
        return tuple(cls)

    @classmethod
    def all_but(cls, exclude: Any) -> tuple[Feature, ...]:
        """All features but some; `ALL` is not among them.

        Args:
          exclude: a feature, or a list, tuple or set of features.

        Returns:
          A tuple.
        """
        if not isinstance(exclude, (list, tuple, set)):
            exclude = (exclude,)
        return tuple(f for f in cls if f not in exclude and f is not cls.ALL)


class ConversionOptions:
    """How to convert a function and those that it calls; equal options share converted code.

    Args:
      recursive: whether called functions are converted, too.
      user_requested: whether the user asked for this very function, which then is converted even
        if it belongs to a library.
      internal_convert_user_code: whether calls in the converted code convert at all.
      optional_features: one `Feature`, several, or None.
    """

    __slots__ = ("_key", "internal_convert_user_code", "optional_features", "recursive",
                 "user_requested")  # fmt: skip

    def __init__(
        self,
        recursive: bool = False,
        user_requested: bool = False,
        internal_convert_user_code: bool = True,
        optional_features: Feature | Iterable[Feature] | None = Feature.ALL,
    ) -> None:
        self.recursive = recursive
        self.user_requested = user_requested
        self.internal_convert_user_code = internal_convert_user_code
        if optional_features is None:
            optional_features = ()
        elif isinstance(optional_features, Feature):
            optional_features = (optional_features,)
        self.optional_features = frozenset(optional_features)
        self._key = (recursive, user_requested, internal_convert_user_code, self.optional_features)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConversionOptions) and self._key == other._key

    def __repr__(self) -> str:
        names = sorted(f.name for f in self.optional_features)
        return f"ConversionOptions(recursive={self.recursive}, optional_features={names})"

    def uses(self, feature: Any) -> bool:
        """Whether a feature is on; malt asks with a `Feature` of its own, so names decide."""
        return any(f is Feature.ALL or f.name == feature.name for f in self.optional_features)

    def call_options(self) -> ConversionOptions:
        """The options for functions that the converted one calls."""
        return ConversionOptions(
            recursive=self.recursive,
            user_requested=False,
            internal_convert_user_code=self.recursive,
            optional_features=self.optional_features,
        )

    def to_ast(self) -> ast.expr:
        """The expression that makes these options in generated code."""
        if self == STANDARD:
            text = "ag__.STD"
        else:
            features = "".join(f"ag__.{f}, " for f in sorted(self.optional_features, key=str))
            text = (
                f"ag__.ConversionOptions(recursive={self.recursive}, "
                f"user_requested={self.user_requested}, optional_features=({features}), "
                f"internal_convert_user_code={self.internal_convert_user_code})"
            )
        return ast.parse(text, mode="eval").body


STANDARD = ConversionOptions(
    recursive=True,
    user_requested=False,
    internal_convert_user_code=True,
    optional_features=None,
)
"""What generated code calls `ag__.STD`: the options of functions called by a converted one."""

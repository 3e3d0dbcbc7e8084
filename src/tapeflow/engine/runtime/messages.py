"""The protocol buffers of `tf.train`: `Example` and its parts, `ClusterDef`.

Their descriptors are built here, field by field; the `protobuf` package (the extra
`tapeflow[proto]`) does the rest. They have a pool of their own, apart from
those of real TensorFlow.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export_value

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError as error:
    raise ImportError(
        "tf.train.Example and its relatives need protobuf: pip install 'tapeflow[proto]'"
    ) from error

_INT32, _INT64, _FLOAT, _STRING, _BYTES, _MESSAGE = 5, 3, 2, 9, 12, 11
_OPTIONAL, _REPEATED = 1, 3


class _File:
    """A .proto file in the making."""

    def __init__(self, path: str, *dependencies: str) -> None:
        self.proto = descriptor_pb2.FileDescriptorProto(
            name=path, package="tensorflow", syntax="proto3", dependency=dependencies
        )

    def message(self, name: str, *fields: tuple[Any, ...], oneof: str | None = None) -> None:
        """Adds a message of fields `(name, number, type[, message])`; `*name` is repeated."""
        message = self.proto.message_type.add(name=name)
        if oneof:
            message.oneof_decl.add(name=oneof)
        for label, number, kind, *of in fields:
            field = message.field.add(
                name=label.lstrip("*"),
                number=number,
                type=kind,
                label=_REPEATED if label.startswith("*") else _OPTIONAL,
            )
            if of:
                field.type_name = f".tensorflow.{of[0]}"
            if oneof:
                field.oneof_index = 0
            if label.startswith("*") and kind in (_FLOAT, _INT64):
                field.options.packed = True

    def map(self, name: str, label: str, number: int, key: int, value: int, of: str = "") -> None:
        """Adds a map field to message `name`."""
        message = next(m for m in self.proto.message_type if m.name == name)
        entry_name = "".join(part.capitalize() for part in label.split("_")) + "Entry"
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=key, label=_OPTIONAL)
        item = entry.field.add(name="value", number=2, type=value, label=_OPTIONAL)
        if of:
            item.type_name = f".tensorflow.{of}"
        message.field.add(
            name=label,
            number=number,
            type=_MESSAGE,
            label=_REPEATED,
            type_name=f".tensorflow.{name}.{entry_name}",
        )


def _files() -> list[Any]:
    feature = _File("tensorflow/core/example/feature.proto")
    feature.message("BytesList", ("*value", 1, _BYTES))
    feature.message("FloatList", ("*value", 1, _FLOAT))
    feature.message("Int64List", ("*value", 1, _INT64))
    feature.message(
        "Feature",
        ("bytes_list", 1, _MESSAGE, "BytesList"),
        ("float_list", 2, _MESSAGE, "FloatList"),
        ("int64_list", 3, _MESSAGE, "Int64List"),
        oneof="kind",
    )
    feature.message("Features")
    feature.map("Features", "feature", 1, _STRING, _MESSAGE, "Feature")
    feature.message("FeatureList", ("*feature", 1, _MESSAGE, "Feature"))
    feature.message("FeatureLists")
    feature.map("FeatureLists", "feature_list", 1, _STRING, _MESSAGE, "FeatureList")
    example = _File(
        "tensorflow/core/example/example.proto", "tensorflow/core/example/feature.proto"
    )
    example.message("Example", ("features", 1, _MESSAGE, "Features"))
    example.message(
        "SequenceExample",
        ("context", 1, _MESSAGE, "Features"),
        ("feature_lists", 2, _MESSAGE, "FeatureLists"),
    )
    cluster = _File("tensorflow/core/protobuf/cluster.proto")
    cluster.message("JobDef", ("name", 1, _STRING))
    cluster.map("JobDef", "tasks", 2, _INT32, _STRING)
    cluster.message("ClusterDef", ("*job", 1, _MESSAGE, "JobDef"))
    return [feature.proto, example.proto, cluster.proto]


# A pool of our own: the default one may hold TensorFlow's files of the same names.
_POOL = descriptor_pool.DescriptorPool()
for _proto in _files():
    _POOL.Add(_proto)


def _class(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"tensorflow.{name}"))


BytesList = _class("BytesList")
FloatList = _class("FloatList")
Int64List = _class("Int64List")
Feature = _class("Feature")
Features = _class("Features")
FeatureList = _class("FeatureList")
FeatureLists = _class("FeatureLists")
Example = _class("Example")
SequenceExample = _class("SequenceExample")
JobDef = _class("JobDef")
ClusterDef = _class("ClusterDef")

for _name in (
    "BytesList", "FloatList", "Int64List", "Feature", "Features", "FeatureList", "FeatureLists",
    "Example", "SequenceExample", "JobDef", "ClusterDef",
):  # fmt: skip
    export_value(_name, f"train.{_name}", f"compat.v1.train.{_name}")

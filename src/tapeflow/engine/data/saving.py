"""The part of `tf.data.Dataset` that writes elements to disk and reads them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.data.fingerprints import fingerprint
from tapeflow.engine.data.pipeline import Pipeline, source
from tapeflow.engine.data.sources import Frozen, Sources
from tapeflow.engine.data.stages.stage import Run, Stage, host_op, run_op
from tapeflow.engine.data.storage import (
    DESCRIPTION,
    SavedStage,
    SnapshotStage,
    described_spec,
    pairs,
    read_description,
    require_compression,
    same_structure,
    write,
)
from tapeflow.engine.data.structure import as_array, as_tensor, is_scalar_of
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import VariantTensor

fingerprint_p = host_op(
    "DatasetFingerprint",
    lambda dataset: Spec(dtypes.uint64, ()),
    lambda stage: as_array(dtypes.uint64.np.type(fingerprint(stage))),
)


class Saving(Pipeline):
    """Elements on disk."""

    def save(
        self, path: Any, compression: Any = None, shard_func: Any = None, checkpoint_args: Any = None
    ) -> None:
        """Writes the elements to disk, in a format of tapeflow's own.

        Args:
          path: the directory to make; a dataset that was saved there is replaced.
          compression: None or "GZIP".
          shard_func: function of an element that returns the number of its file, an int64 scalar;
            by default there is one file.
          checkpoint_args: not supported.

        Raises:
          tf.errors.UnimplementedError: for `checkpoint_args`, inside a function, and for elements
            that hold datasets.

        Example:
          >>> import tempfile
          >>> import tapeflow as tf
          >>> path = tempfile.mkdtemp() + "/saved"
          >>> tf.data.Dataset.range(3).save(path)
          >>> [int(x) for x in tf.data.Dataset.load(path)]
          [0, 1, 2]
        """
        if checkpoint_args is not None:
            raise UnimplementedError(None, None, "save: checkpoint_args are not supported")
        stage = self._eager_stage("save")
        run = Run()
        shard: Any = None
        if shard_func is not None:
            f = self._function(shard_func, "Dataset_save_shard")
            if not is_scalar_of(f.output_spec, dtypes.int64):
                raise ValueError(
                    "Invalid `shard_func`. It must return a `tf.int64` scalar tensor, but its "
                    f"return type is {f.output_spec}."
                )
            shard = f.bind(f.captured_values(), run)
        rows = pairs(stage.open(run), shard)
        write(str(path), rows, self.element_spec, require_compression(compression))

    @staticmethod
    def load(
        path: Any,
        element_spec: Any = None,
        compression: Any = None,
        reader_func: Any = None,
        wait: bool = False,
    ) -> Any:
        """Reads the elements that `save` wrote.

        Args:
          path: the directory.
          element_spec: the spec of the elements; by default what was saved.
          compression: accepted; what was saved says it.
          reader_func: function of a dataset of datasets, one for each file, that returns the
            dataset to read; by default one file is read after the other.
          wait: whether to wait until the directory is there.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.NotFoundError: when there is no such dataset.
          ValueError: when `element_spec` has another structure than what was saved.
        """
        while wait and not (Path(path) / DESCRIPTION).exists():
            time.sleep(0.1)
        description = read_description(str(path))
        spec = described_spec(description["element_spec"])
        if element_spec is not None:
            if not same_structure(spec, element_spec):
                raise ValueError(
                    f"load: element_spec: expected the structure of {spec}; received {element_spec}"
                )
            spec = element_spec
        files = [str(Path(path) / name) for name in description["files"]]
        count = description["count"] if len(files) == 1 else None
        attrs = {"spec": Frozen(spec), "compressed": description["compressed"], "count": count}

        def of_file(name: Any) -> Any:
            return source(SavedStage, spec, name, **attrs)

        if len(files) == 1 and reader_func is None:
            return of_file(convert(files[0], dtypes.string))
        names = Sources.from_tensor_slices(convert(files, dtypes.string))
        if reader_func is None:
            return names.flat_map(of_file)
        made = reader_func(names.map(of_file))
        if not isinstance(made, Pipeline):
            raise TypeError(f"`reader_func` must return a `tf.data.Dataset`; received {made!r}")
        return made

    def snapshot(
        self,
        path: Any,
        compression: Any = "AUTO",
        reader_func: Any = None,
        shard_func: Any = None,
        name: str | None = None,
    ) -> Any:
        """The elements, written to disk in the first iteration and read from there later.

        Args:
          path: the directory.
          compression: None, "AUTO" (which is none) or "GZIP".
          reader_func: not supported.
          shard_func: not supported.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.UnimplementedError: for a function.
        """
        if reader_func is not None or shard_func is not None:
            raise UnimplementedError(None, None, "snapshot: functions are not supported")
        return self._stage(
            SnapshotStage,
            convert(str(path), dtypes.string),
            written=Frozen(self.element_spec),
            compressed=require_compression(compression),
        )

    def fingerprint(self) -> Any:
        """A number that two datasets share only where they give the same elements.

        It isn't the one that TensorFlow computes.

        Returns:
          A scalar of uint64.
        """
        made = run_op(fingerprint_p, self._variant_tensor)
        return made if state.tracer is not None else as_tensor(made)

    def _eager_stage(self, op: str) -> Stage:
        variant = self._variant_tensor
        if not isinstance(variant, VariantTensor):
            raise UnimplementedError(None, None, f"{op}: a dataset of a function can't be saved")
        return variant.value  # type: ignore[no-any-return]

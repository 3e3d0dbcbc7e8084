"""What Keras imports from inside TensorFlow, and the addresses of classes it looks at."""

from __future__ import annotations

import textwrap
from importlib import import_module
from importlib.util import find_spec

import pytest

from fresh_process import run_python
from tapeflow.engine.compat.private_paths import PRIVATE_MODULES, contents
from tapeflow.engine.core import addresses

INSTALLED = "import tapeflow\ntapeflow.install()\nimport tensorflow as tf\n"


def check(source, **environment):
    ended = run_python("-c", INSTALLED + textwrap.dedent(source), **environment)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("path", sorted(PRIVATE_MODULES))
def test_names_are_where_the_table_says(path):
    for place in PRIVATE_MODULES[path].values():
        module, _, name = place.partition(":")
        assert hasattr(import_module(module), name), place


def test_modules_on_the_way_exist():
    assert contents("python.eager") == ({}, ("context",))
    assert contents("python.no_such_module") is None
    assert contents("nn") is None


def test_classes_can_be_imported_from_their_addresses():
    for places in PRIVATE_MODULES.values():
        for place in places.values():
            import_module(place.partition(":")[0])
    missing = {
        cls.__qualname__: module
        for cls, module in addresses._waiting.items()
        if cls.__qualname__ not in PRIVATE_MODULES.get(module.removeprefix("tensorflow."), {})
    }
    assert missing == {}


def test_imports_of_keras():
    check(
        """
        from tensorflow.python.eager import context as tf_context
        from tensorflow.python.framework import tensor_util, type_spec_registry
        from tensorflow.python.framework.config import is_op_determinism_enabled
        from tensorflow.python.ops.linalg.sparse import sparse_csr_matrix_ops
        from tensorflow.python.ops.math_ops import is_nan
        from tensorflow.python.trackable.data_structures import ListWrapper, _DictWrapper
        from tensorflow.compiler.tf2xla.python.xla import dynamic_update_slice
        from tensorflow.experimental import dtensor
        tf_context.async_wait()
        tf_context.context().clear_kernel_cache()
        assert is_nan is tf.math.is_nan and tensor_util.is_tf_type(tf.constant(1))
        assert not is_op_determinism_enabled()
        assert type_spec_registry.lookup("tf.TensorSpec") is tf.TensorSpec
        assert type_spec_registry.get_name(tf.RaggedTensorSpec) == "tf.RaggedTensorSpec"
        assert repr(ListWrapper([1])) == "ListWrapper([1])" and ListWrapper([1]) == [1]
        assert repr(_DictWrapper({1: 2})) == "DictWrapper({1: 2})"
        out = dynamic_update_slice([1, 2, 3, 4], [9, 9], [7])
        assert out.numpy().tolist() == [1, 2, 9, 9]
        try:
            dynamic_update_slice([1.0], [1.0, 2.0], [0])
        except tf.errors.InvalidArgumentError as error:
            assert "block" in str(error)
        else:
            raise AssertionError
        for call in (dtensor.Layout, dtensor.Mesh, lambda: dtensor.create_distributed_mesh([])):
            try:
                call()
            except NotImplementedError as error:
                assert "one CPU" in str(error)
            else:
                raise AssertionError
        """
    )


def test_products_of_sparse_matrices():
    check(
        """
        import numpy as np
        from tensorflow.python.ops.linalg.sparse import sparse_csr_matrix_ops as csr

        rng = np.random.default_rng(0)
        for shape in ((4, 5, 3), (1, 6, 7), (3, 0, 2), (8, 8, 8)):
            a = np.where(rng.random(shape[:2]) < 0.4, rng.normal(size=shape[:2]), 0.0)
            b = np.where(rng.random(shape[1:]) < 0.4, rng.normal(size=shape[1:]), 0.0)
            parts = [
                csr.sparse_tensor_to_csr_sparse_matrix(s.indices, s.values, s.dense_shape)
                for s in map(tf.sparse.from_dense, (a, b))
            ]
            product = csr.sparse_matrix_sparse_mat_mul(*parts, type=tf.float64)
            found = csr.csr_sparse_matrix_to_sparse_tensor(product, type=tf.float64)
            made = tf.SparseTensor(found.indices, found.values, found.dense_shape)
            np.testing.assert_allclose(tf.sparse.to_dense(made), a @ b)
        """
    )


def test_classes_take_their_addresses_with_the_alias():
    check(
        """
        import pickle
        from tensorflow.python.framework.ops import EagerTensor
        x = tf.constant([1, 2])
        assert type(x) is EagerTensor is tf.__internal__.EagerTensor
        names = [f"{c.__module__}.{c.__name__}" for c in type(x).__mro__]
        assert names[:2] == [
            "tensorflow.python.framework.ops.EagerTensor",
            "tensorflow.python.framework.tensor.Tensor",
        ]
        assert "ragged_tensor.RaggedTensor" in str(type(tf.ragged.constant([[1]])))
        sparse = type(tf.sparse.from_dense([1]))
        assert sparse.__module__ == "tensorflow.python.framework.sparse_tensor"
        assert pickle.loads(pickle.dumps(tf.Tensor)) is tf.Tensor
        assert pickle.loads(pickle.dumps(x)).numpy().tolist() == [1, 2]
        """
    )


def test_a_pickle_made_under_the_alias_is_read_without_it(tmp_path):
    path = tmp_path / "tensor.pickle"
    check(f"import pickle\npickle.dump(tf.constant([1, 2]), open({str(path)!r}, 'wb'))")
    ended = run_python("-c", f"import pickle\nprint(pickle.load(open({str(path)!r}, 'rb')))")
    assert ended.stdout == "tf.Tensor([1 2], shape=(2,), dtype=int32)\n", ended.stderr


def test_without_the_alias_classes_are_where_they_are():
    ended = run_python("-c", "import tapeflow as tf\nprint(tf.Tensor.__module__)")
    assert ended.stdout == "tapeflow.engine.runtime.tensor\n"


def test_what_is_not_there_is_named():
    check(
        """
        for name in ("tensorflow.python.no_such_module", "tensorflow.core"):
            try:
                __import__(name)
            except ModuleNotFoundError as error:
                assert "what Keras imports" in str(error), error
            else:
                raise AssertionError
        from tensorflow.python.eager import context
        try:
            context.no_such_name
        except AttributeError as error:
            assert "no_such_name" in str(error)
        else:
            raise AssertionError
        """
    )


@pytest.mark.skipif(find_spec("keras") is None, reason="needs Keras: tapeflow[keras]")
@pytest.mark.parametrize("first", ["import tapeflow as tf", INSTALLED])
def test_tf_keras_is_keras(first):
    source = f"""{first}
from tapeflow.keras.layers import Dense
import tensorflow.keras.models
from tensorflow import keras
import keras as itself
import sys
assert tf.keras is keras is sys.modules["tensorflow"].keras
assert Dense is itself.layers.Dense is keras.layers.Dense
assert "keras" in dir(tf)
"""
    ended = run_python("-c", source, KERAS_BACKEND="tensorflow")
    assert ended.returncode == 0, ended.stderr


def test_tf_keras_without_keras():
    source = """
import sys
sys.modules["keras"] = None
import tapeflow as tf
try:
    tf.keras
except ModuleNotFoundError as error:
    assert "pip install 'tapeflow[keras]'" in str(error)
else:
    raise AssertionError
"""
    ended = run_python("-c", source)
    assert ended.returncode == 0, ended.stderr


def test_star_import_leaves_keras_alone():
    source = "from tapeflow import *\nimport sys\nassert 'keras' not in sys.modules"
    assert run_python("-c", source).returncode == 0

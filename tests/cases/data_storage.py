"""Datasets on disk: saved ones, shards, snapshots, caches, files, iterators."""

import tempfile

import numpy as np

from cases._datasets import values
from cases.form import Case, bad


def on_disk(build, **kwargs):
    """A dataset after it was saved and loaded."""

    def run(tf):
        with tempfile.TemporaryDirectory() as directory:
            path = directory + "/saved"
            build(tf.data.Dataset).save(path, **kwargs)
            made = tf.data.Dataset.load(path, compression=kwargs.get("compression"))
            return [values(made), str(made.element_spec)]

    return run


def shards_on_disk(tf):
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/saved"
        tf.data.Dataset.range(6).save(path, shard_func=lambda x: x % 2)
        made = tf.data.Dataset.load(path, reader_func=lambda shards: shards.flat_map(lambda d: d))
        return [sorted(values(made)), str(made.element_spec)]


def snapshots(tf):
    runs = []

    def note(x):
        runs.append(1)
        return x

    with tempfile.TemporaryDirectory() as directory:
        noted = tf.data.Dataset.range(3).map(lambda x: tf.py_function(note, [x], tf.int64))
        made = noted.snapshot(directory + "/snapshot")
        return [[int(x) for x in made], [int(x) for x in made], len(runs)]


def fingerprints(tf):
    D = tf.data.Dataset

    def same(a, b):
        return bool(a.fingerprint() == b.fingerprint())

    return [
        D.range(3).fingerprint().dtype.name,
        same(D.range(3), D.range(3)),
        same(D.range(3), D.range(4)),
        same(D.range(3), D.range(3).take(2)),
        same(D.range(3).batch(2), D.range(3).batch(3)),
    ]


def saved_iterator(tf):
    it = tf.data.Dataset.range(5).map(lambda x: x * 2).as_numpy_iterator()
    next(it)
    saved = it.save()
    found = [next(it), next(it)]
    it.restore(saved)
    return [saved.dtype.name, *found, *it]


def listed_files(tf):
    with tempfile.TemporaryDirectory() as directory:
        for name in ("b.txt", "a.txt", "c.csv"):
            with open(f"{directory}/{name}", "w", encoding="utf-8"):
                pass

        def names(dataset):
            return [str(x)[2:-1].rpartition("/")[2] for x in values(dataset)]

        D = tf.data.Dataset
        tf.random.set_seed(3)
        shuffled = D.list_files([directory + "/*.txt", directory + "/*.csv"], seed=4)
        return [
            names(D.list_files(directory + "/*.txt", shuffle=False)),
            names(shuffled),
            names(shuffled),
        ]


def saved_by_function(tf):
    E = tf.data.experimental
    with tempfile.TemporaryDirectory() as directory:
        E.save(tf.data.Dataset.range(3), directory + "/saved")
        made = E.load(directory + "/saved")
        kept = tf.data.Dataset.range(3).apply(E.snapshot(directory + "/snapshot"))
        return [values(made), values(kept), values(kept)]


STORAGE = [
    Case("data.experimental.save", saved_by_function),
    Case("data.experimental.load", saved_by_function),
    Case("data.experimental.snapshot", saved_by_function),
    Case(
        "data.experimental.parallel_interleave",
        lambda tf: values(
            tf.data.Dataset.range(1, 4).apply(
                tf.data.experimental.parallel_interleave(
                    lambda x: tf.data.Dataset.from_tensors(x).repeat(3), cycle_length=2
                )
            )
        ),
    ),
    Case(
        "data.experimental.copy_to_device",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.copy_to_device("/cpu:0"))
        ),
    ),
    Case(
        "data.experimental.prefetch_to_device",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.prefetch_to_device("/cpu:0"))
        ),
    ),
    Case(
        "data.experimental.to_variant",
        lambda tf: [
            tf.data.experimental.to_variant(tf.data.Dataset.range(3)).dtype.name,
            tf.data.experimental.to_variant(tf.data.Dataset.range(3)).shape,
        ],
    ),
    Case(
        "data.experimental.Optional",
        lambda tf: str(iter(tf.data.Dataset.range(2)).get_next_as_optional().element_spec),
    ),
    Case(
        "data.ThreadingOptions",
        lambda tf: [
            tf.data.ThreadingOptions().private_threadpool_size,
            tf.data.Options().threading.max_intra_op_parallelism,
        ],
    ),
    bad(
        "data.ThreadingOptions",
        lambda tf: setattr(tf.data.ThreadingOptions(), "private_threadpool_size", "a"),
    ),
    Case(
        "data.experimental.AutotuneOptions",
        lambda tf: [
            tf.data.Options().autotune.enabled,
            tf.data.experimental.AutotuneOptions().cpu_budget,
        ],
    ),
    Case(
        "data.experimental.AutotuneAlgorithm",
        lambda tf: {a.name: a.value for a in tf.data.experimental.AutotuneAlgorithm},
    ),
    Case(
        "data.experimental.AutoShardPolicy",
        lambda tf: {a.name: a.value for a in tf.data.experimental.AutoShardPolicy},
    ),
    Case(
        "data.experimental.ExternalStatePolicy",
        lambda tf: {a.name: a.value for a in tf.data.experimental.ExternalStatePolicy},
    ),
    Case(
        "data.experimental.DistributeOptions",
        lambda tf: [
            tf.data.experimental.DistributeOptions().auto_shard_policy.name,
            tf.data.experimental.DistributeOptions().num_devices,
        ],
    ),
    Case(
        "data.experimental.OptimizationOptions",
        lambda tf: tf.data.experimental.OptimizationOptions().map_fusion,
    ),
    Case(
        "data.experimental.ServiceOptions", lambda tf: tf.data.experimental.ServiceOptions().pinned
    ),
    Case(
        "data.INFINITE_CARDINALITY",
        lambda tf: [tf.data.INFINITE_CARDINALITY, tf.data.experimental.INFINITE_CARDINALITY],
    ),
    Case(
        "data.UNKNOWN_CARDINALITY",
        lambda tf: [tf.data.UNKNOWN_CARDINALITY, tf.data.experimental.UNKNOWN_CARDINALITY],
    ),
    Case("data.Dataset.list_files", listed_files),
    bad("data.Dataset.list_files", lambda tf: tf.data.Dataset.list_files("/nowhere/*.txt")),
    Case("data.Dataset.save", on_disk(lambda D: D.range(4))),
    Case(
        "data.Dataset.save",
        on_disk(lambda D: D.from_tensor_slices(([1, 2, 3], {"a": ["x", "yz", ""]})).batch(2)),
        id="strings",
    ),
    Case("data.Dataset.save", on_disk(lambda D: D.range(4), compression="GZIP"), id="compressed"),
    Case("data.Dataset.save", on_disk(lambda D: D.from_tensors(np.float16(2.0))), id="half"),
    Case("data.Dataset.load", shards_on_disk, id="shards"),
    bad("data.Dataset.load", lambda tf: tf.data.Dataset.load("/nowhere/to/be/found")),
    Case("data.Dataset.snapshot", snapshots),
    Case("data.Dataset.fingerprint", fingerprints),
    Case("data.NumpyIterator", saved_iterator, id="saved"),
]

CASES = [*STORAGE]

"""Sorting, searching, distinct values, permutations, partitions."""

from cases.form import Case, bad

NAN = float("nan")


def cube(tf):
    return tf.reshape(tf.range(24), [2, 3, 4])


def rows(tf):
    return tf.constant([[3.0, 1.0, 2.0, 1.0], [0.0, -1.0, 5.0, NAN]])


def gradient(tf, function, *values, order=1):
    """The gradient of the cube of a function; of order 2, that of twice the gradient."""
    xs = [tf.convert_to_tensor(x, tf.float32) for x in values]
    with tf.GradientTape() as outer:
        outer.watch(xs)
        with tf.GradientTape() as tape:
            tape.watch(xs)
            y = function(*xs)
            y = [part * part * part for part in y] if isinstance(y, (list, tuple)) else y * y * y
        first = tape.gradient(y, xs)
        if order == 2:
            doubled = [None if g is None else tf.convert_to_tensor(g) * 2.0 for g in first]
    return first if order == 1 else outer.gradient(doubled, xs)


CASES = [
    Case("sort", lambda tf: tf.sort([3, 1, 2])),
    Case("sort", lambda tf: tf.sort([3, 1, 2], direction="DESCENDING")),
    Case("sort", lambda tf: tf.sort(rows(tf))),
    Case("sort", lambda tf: tf.sort(rows(tf), axis=0)),
    Case("sort", lambda tf: tf.sort(rows(tf), axis=1, direction="DESCENDING")),
    Case("sort", lambda tf: tf.sort(rows(tf), axis=-2, direction="DESCENDING")),
    bad("sort", lambda tf: tf.sort(rows(tf), axis=2)),
    bad("sort", lambda tf: tf.sort(rows(tf), axis=-3)),
    bad("sort", lambda tf: tf.sort(rows(tf), axis=None)),
    Case("sort", lambda tf: tf.sort(rows(tf), axis=tf.constant(0))),
    Case("sort", lambda tf: tf.sort(rows(tf), axis=1.0)),
    bad("sort", lambda tf: tf.sort(rows(tf), direction="foo")),
    bad("sort", lambda tf: tf.sort(rows(tf), direction="ascending")),
    bad("sort", lambda tf: tf.sort(3)),
    Case("sort", lambda tf: tf.sort([])),
    bad("sort", lambda tf: tf.sort(["b", "a"])),
    bad("sort", lambda tf: tf.sort([True, False])),
    Case("sort", lambda tf: tf.sort(tf.constant([3, 1], tf.uint8))),
    Case("sort", lambda tf: tf.sort(tf.constant([3, 1], tf.uint8), direction="DESCENDING")),
    Case("sort", lambda tf: tf.sort(tf.constant([3, 1], tf.int64))),
    Case("sort", lambda tf: tf.sort(tf.constant([0, 255, 7], tf.uint8))),
    Case("sort", lambda tf: tf.sort(tf.constant([-(2**31), 2**31 - 1, 0]))),
    Case("sort", lambda tf: tf.sort(tf.constant([2**63 - 1, -(2**63), 0], tf.int64))),
    Case("sort", lambda tf: tf.sort(tf.constant([3, 1], tf.uint64))),
    Case("sort", lambda tf: tf.sort(tf.constant([3.0, 1.0], tf.bfloat16))),
    Case("sort", lambda tf: tf.sort(tf.constant([3.0, 1.0], tf.float16))),
    bad("sort", lambda tf: tf.sort(tf.constant([3 + 1j]))),
    Case("sort", lambda tf: tf.sort(tf.zeros([0, 3]))),
    Case("sort", lambda tf: tf.sort(tf.zeros([3, 0]))),
    Case("sort", lambda tf: tf.sort(cube(tf), axis=1, direction="DESCENDING")),
    Case(
        "sort",
        lambda tf: gradient(tf, lambda a: tf.sort(a), [[3.0, 1.0, 2.0], [0.0, -1.0, 5.0]], order=2),
    ),
    Case(
        "sort",
        lambda tf: gradient(
            tf,
            lambda a: tf.sort(a, axis=0, direction="DESCENDING"),
            [[3.0, 1.0, 2.0], [0.0, -1.0, 5.0]],
            order=2,
        ),
    ),
    Case("sort", lambda tf: gradient(tf, lambda a: tf.sort(a), [[3.0, 1.0, 1.0]])),
    Case("argsort", lambda tf: tf.argsort(rows(tf))),
    Case("argsort", lambda tf: tf.argsort(rows(tf), direction="DESCENDING")),
    Case("argsort", lambda tf: tf.argsort(rows(tf), axis=0, direction="DESCENDING")),
    Case("argsort", lambda tf: tf.argsort(rows(tf), stable=True)),
    Case("argsort", lambda tf: tf.argsort([1, 1, 0, 0, 2, 2])),
    Case("argsort", lambda tf: tf.argsort([1, 1, 0, 0, 2, 2], direction="DESCENDING")),
    bad("argsort", lambda tf: tf.argsort(rows(tf), direction="foo")),
    bad("argsort", lambda tf: tf.argsort(rows(tf), axis=5)),
    Case("argsort", lambda tf: tf.argsort([])),
    Case("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [0, 1, 2, 5, 9])),
    Case("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [0, 1, 2, 5, 9], side="right")),
    bad("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], 3)),
    bad("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [3.0])),
    bad("searchsorted", lambda tf: tf.searchsorted([1.0, 3, 5], [3])),
    bad("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [3], side="foo")),
    Case("searchsorted", lambda tf: tf.searchsorted([[1, 3, 5], [2, 4, 6]], [[3, 4], [1, 9]])),
    bad("searchsorted", lambda tf: tf.searchsorted([[1, 3, 5], [2, 4, 6]], [3, 4])),
    bad("searchsorted", lambda tf: tf.searchsorted([[1, 3, 5], [2, 4, 6]], [[3, 4]])),
    Case("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [[3, 4]])),
    Case("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [3], out_type=tf.int64)),
    bad("searchsorted", lambda tf: tf.searchsorted([1, 3, 5], [3], out_type=tf.float32)),
    Case("searchsorted", lambda tf: tf.searchsorted([1, 1, 1], [1], side="right")),
    Case("searchsorted", lambda tf: tf.searchsorted([], [1.0])),
    Case("searchsorted", lambda tf: tf.searchsorted([1.0, NAN], [NAN])),
    Case("searchsorted", lambda tf: tf.searchsorted([[[1, 3], [2, 4]]], [[[3], [1]]])),
    bad("searchsorted", lambda tf: tf.searchsorted(3, [1])),
    Case(
        "searchsorted",
        lambda tf: tf.searchsorted(tf.constant([1, 3], tf.int64), tf.constant([2], tf.int64)),
    ),
    Case(
        "searchsorted",
        lambda tf: tf.searchsorted(tf.constant([1, 3], tf.uint8), tf.constant([2], tf.uint8)),
    ),
    bad("searchsorted", lambda tf: tf.searchsorted(["a"], ["b"])),
    bad("searchsorted", lambda tf: tf.searchsorted([True], [False])),
    Case("unique", lambda tf: tf.unique([1, 1, 2, 4, 4, 4, 7, 8, 8])),
    Case("unique", lambda tf: tf.unique([3, 1, 3, 2])),
    Case("unique", lambda tf: tf.unique([3.0, 1.0, 3.0, NAN, NAN])),
    Case("unique", lambda tf: tf.unique([0.0, -0.0])),
    Case("unique", lambda tf: tf.unique(["a", "b", "a"])),
    bad("unique", lambda tf: tf.unique([[1, 2]])),
    bad("unique", lambda tf: tf.unique(3)),
    Case("unique", lambda tf: tf.unique([])),
    Case("unique", lambda tf: tf.unique([1, 2], tf.int64)),
    bad("unique", lambda tf: tf.unique([1, 2], out_idx=tf.float32)),
    Case("unique", lambda tf: tf.unique([True, False, True])),
    bad("unique", lambda tf: gradient(tf, lambda a: tf.unique(a)[0], [3.0, 1.0, 3.0])),
    Case("unique_with_counts", lambda tf: tf.unique_with_counts([1, 1, 2, 4, 4, 4, 7, 8, 8])),
    Case("unique_with_counts", lambda tf: tf.unique_with_counts([3, 1, 3, 2], tf.int64)),
    Case("unique_with_counts", lambda tf: tf.unique_with_counts(["a", "b", "a"])),
    bad("unique_with_counts", lambda tf: tf.unique_with_counts([[1]])),
    Case("unique_with_counts", lambda tf: tf.unique_with_counts([3.0, 1.0, 3.0, NAN, NAN])),
    Case("math.invert_permutation", lambda tf: tf.math.invert_permutation([2, 0, 1])),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation([2, 0, 0])),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation([2, 0, 3])),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation([2, 0, -1])),
    Case("math.invert_permutation", lambda tf: tf.math.invert_permutation([])),
    Case("math.invert_permutation", lambda tf: tf.math.invert_permutation(tf.zeros([0], tf.int32))),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation([[0]])),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation([0.0])),
    Case(
        "math.invert_permutation",
        lambda tf: tf.math.invert_permutation(tf.constant([1, 0], tf.int64)),
    ),
    bad("math.invert_permutation", lambda tf: tf.math.invert_permutation(0)),
    Case("unravel_index", lambda tf: tf.unravel_index([2, 5, 7], [3, 3])),
    Case("unravel_index", lambda tf: tf.unravel_index(5, [3, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([9], [3, 3])),
    Case("unravel_index", lambda tf: tf.unravel_index([-1], [3, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([[1]], [3, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([1], [0, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([1], 3)),
    bad("unravel_index", lambda tf: tf.unravel_index([1], [[3]])),
    Case("unravel_index", lambda tf: tf.unravel_index(tf.constant([1], tf.int64), [3, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([1.0], [3, 3])),
    bad("unravel_index", lambda tf: tf.unravel_index([], [3, 3])),
    Case("unravel_index", lambda tf: tf.unravel_index([1], [3])),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2, 3, 4], [0, 1, 0, 1], 2)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2, 3, 4], [0, 1, 0, 1], 3)),
    bad("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2, 3, 4], [0, 1, 0, 2], 2)),
    bad("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2, 3, 4], [0, 1, 0, -1], 2)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([[1, 2], [3, 4]], [1, 0], 2)),
    Case(
        "dynamic_partition", lambda tf: tf.dynamic_partition([[1, 2], [3, 4]], [[1, 0], [0, 0]], 2)
    ),
    bad("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2, 3], [0, 1], 2)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition(3, 1, 2)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2], 1, 2)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([], [], 2)),
    bad("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2], [0, 0], 0)),
    bad("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2], [0.0, 0.0], 1)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition([1, 2], [0, 0], 1.0)),
    Case("dynamic_partition", lambda tf: tf.dynamic_partition(["a", "b"], [1, 0], 2)),
    bad(
        "dynamic_partition",
        lambda tf: tf.dynamic_partition([1, 2], tf.constant([0, 0], tf.int64), 1),
    ),
    Case(
        "dynamic_partition",
        lambda tf: gradient(
            tf, lambda a: tf.dynamic_partition(a, [0, 1, 0], 2), [1.0, 2.0, 3.0], order=2
        ),
    ),
    Case(
        "dynamic_partition",
        lambda tf: gradient(
            tf, lambda a: tf.dynamic_partition(a, [1, 0], 3), [[1.0, 2.0], [3.0, 4.0]], order=2
        ),
    ),
    Case(
        "dynamic_partition",
        lambda tf: gradient(
            tf,
            lambda a: tf.dynamic_partition(a, [[1, 0], [0, 2]], 3),
            [[1.0, 2.0], [3.0, 4.0]],
            order=2,
        ),
    ),
    Case("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 2], [1, 3]], [[1, 2], [3, 4]])),
    Case("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 2], [0, 3]], [[1, 2], [3, 4]])),
    Case("dynamic_stitch", lambda tf: tf.dynamic_stitch([0, [1, 2]], [[1, 2], [[3, 4], [5, 6]]])),
    Case("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 5]], [[1, 2]])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, -1]], [[1, 2]])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 1]], [[1, 2, 3]])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 1], [2]], [[1, 2]])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([], [])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0, 1], [2]], [[1, 2], [3.0]])),
    bad("dynamic_stitch", lambda tf: tf.dynamic_stitch([[0], [1]], [[[1, 2]], [[1, 2, 3]]])),
    Case("dynamic_stitch", lambda tf: tf.dynamic_stitch([[]], [[]])),
    Case(
        "dynamic_stitch",
        lambda tf: tf.dynamic_stitch([tf.zeros([0], tf.int32)], [tf.zeros([0, 2])]),
    ),
    Case(
        "dynamic_stitch",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.dynamic_stitch([[0, 2], [1, 3]], [a, b]),
            [1.0, 2.0],
            [3.0, 4.0],
            order=2,
        ),
    ),
    Case(
        "dynamic_stitch",
        lambda tf: gradient(
            tf, lambda a, b: tf.dynamic_stitch([[0, 2], [0, 3]], [a, b]), [1.0, 2.0], [3.0, 4.0]
        ),
    ),
]

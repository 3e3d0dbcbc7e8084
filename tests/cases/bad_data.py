"""Bad calls of images, signals, strings, sparse and ragged tensors, and descriptions of tensors."""

from cases.form import Case, bad


def sparse(tf, rows=((0, 0), (1, 1))):
    return tf.SparseTensor(list(map(list, rows)), [1.0] * len(rows), [2, 2])


CASES = [
    # Sparse tensors.
    bad("sparse.SparseTensor", lambda tf: tf.SparseTensor([[0, 0]], [1.0, 2.0], [2, 2])),
    bad("sparse.SparseTensor", lambda tf: tf.SparseTensor([0], [1.0], [2])),
    bad("sparse.SparseTensor", lambda tf: tf.SparseTensor([[0, 0]], [1.0], [2])),
    bad("sparse.SparseTensor", lambda tf: tf.SparseTensor([[0.5]], [1.0], [2])),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(sparse(tf, [(0, 0), (0, 0)]))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(sparse(tf, [(1, 1), (0, 0)]))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(sparse(tf, [(5, 0)]))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.zeros([2]))),
    bad("sparse.add", lambda tf: tf.sparse.add(tf.zeros([2]), tf.zeros([2]))),
    bad("sparse.add", lambda tf: tf.sparse.add(sparse(tf), tf.SparseTensor([[0]], [1.0], [3]))),
    bad("sparse.reshape", lambda tf: tf.sparse.reshape(sparse(tf), [5])),
    bad("sparse.concat", lambda tf: tf.sparse.concat(2, [sparse(tf), sparse(tf)])),
    bad("sparse.reorder", lambda tf: tf.sparse.reorder(tf.zeros([2]))),
    bad(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(sparse(tf), tf.zeros([3, 2])),
    ),
    bad("sparse.softmax", lambda tf: tf.sparse.softmax(tf.zeros([2, 2]))),
    bad("sparse.slice", lambda tf: tf.sparse.slice(sparse(tf), [0], [1])),
    bad("sparse.split", lambda tf: tf.sparse.split(sparse(tf), 5, axis=0)),
    bad("sparse.reduce_sum", lambda tf: tf.sparse.reduce_sum(sparse(tf), axis=3)),
    bad("sparse.fill_empty_rows", lambda tf: tf.sparse.fill_empty_rows(tf.zeros([2]), 0.0)),
    bad("sparse.retain", lambda tf: tf.sparse.retain(sparse(tf), [True])),
    # Ragged tensors.
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1], 2])),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1], ["a"]])),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1]], ragged_rank=3)),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor([1], [0, 1])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_splits([1, 2], [0, 1])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_splits([1, 2], [1, 2])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_splits([1, 2], [0, 2, 1])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_splits([1, 2], 0)),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_lengths([1, 2], [1])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_lengths([1, 2], [-1, 3])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_value_rowids([1, 2], [1, 0])),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_value_rowids([1, 2], [0, 1], nrows=1)),
    bad("RaggedTensor", lambda tf: tf.RaggedTensor.from_row_starts([1, 2], [1])),
    bad("RaggedTensor", lambda tf: tf.ragged.constant([[1], [2, 3]])[5]),
    bad("RaggedTensor", lambda tf: tf.ragged.constant([[1], [2, 3]]) + tf.ragged.constant([[1]])),
    bad("RaggedTensor", lambda tf: tf.convert_to_tensor(tf.ragged.constant([[1], [2, 3]]))),
    bad("ragged.range", lambda tf: tf.ragged.range([0], [5], [0])),
    # Strings.
    bad("strings.join", lambda tf: tf.strings.join([["a", "b"], ["c", "d", "e"]])),
    bad("strings.length", lambda tf: tf.strings.length([1])),
    bad("strings.length", lambda tf: tf.strings.length(["a"], unit="X")),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", 5, 1)),
    bad("strings.substr", lambda tf: tf.strings.substr("abc", [0, 1], [1])),
    bad("strings.to_number", lambda tf: tf.strings.to_number("a")),
    bad("strings.to_number", lambda tf: tf.strings.to_number("1.5", tf.int32)),
    bad("strings.to_number", lambda tf: tf.strings.to_number("1", tf.bool)),
    bad("strings.to_hash_bucket_fast", lambda tf: tf.strings.to_hash_bucket_fast(["a"], 0)),
    bad("strings.regex_replace", lambda tf: tf.strings.regex_replace("a", "(", "b")),
    bad("strings.regex_full_match", lambda tf: tf.strings.regex_full_match("a", "[")),
    bad("strings.format", lambda tf: tf.strings.format("{} {}", 1)),
    bad(
        "strings.as_string",
        lambda tf: tf.strings.as_string([1.0], precision=3, scientific=True, shortest=True),
    ),
    bad("strings.upper", lambda tf: tf.strings.upper([1])),
    bad("strings.lower", lambda tf: tf.strings.lower(["a"], encoding="latin")),
    bad("strings.split", lambda tf: tf.strings.split([1])),
    bad("strings.reduce_join", lambda tf: tf.strings.reduce_join(["a"], axis=2)),
    bad("strings.unicode_decode", lambda tf: tf.strings.unicode_decode(["a"], "no encoding")),
    bad("strings.unicode_encode", lambda tf: tf.strings.unicode_encode([1], "UTF-9")),
    bad("strings.bytes_split", lambda tf: tf.strings.bytes_split([1])),
    # Images.
    bad("image.resize", lambda tf: tf.image.resize(tf.zeros([4, 4]), [2, 2])),
    bad("image.resize", lambda tf: tf.image.resize(tf.zeros([1, 4, 4, 1]), [2])),
    bad("image.resize", lambda tf: tf.image.resize(tf.zeros([1, 4, 4, 1]), [-2, 2])),
    bad("image.resize", lambda tf: tf.image.resize(tf.zeros([1, 4, 4, 1]), [2, 2], method="x")),
    bad(
        "image.crop_to_bounding_box",
        lambda tf: tf.image.crop_to_bounding_box(tf.zeros([4, 4, 1]), 0, 0, 5, 5),
    ),
    bad(
        "image.crop_to_bounding_box",
        lambda tf: tf.image.crop_to_bounding_box(tf.zeros([4, 4, 1]), -1, 0, 2, 2),
    ),
    bad(
        "image.pad_to_bounding_box",
        lambda tf: tf.image.pad_to_bounding_box(tf.zeros([4, 4, 1]), 0, 0, 3, 3),
    ),
    bad("image.central_crop", lambda tf: tf.image.central_crop(tf.zeros([4, 4, 1]), 1.5)),
    bad("image.flip_left_right", lambda tf: tf.image.flip_left_right(tf.zeros([4]))),
    bad("image.rot90", lambda tf: tf.image.rot90(tf.zeros([4, 4]))),
    bad("image.rgb_to_grayscale", lambda tf: tf.image.rgb_to_grayscale(tf.zeros([4, 4, 2]))),
    bad("image.grayscale_to_rgb", lambda tf: tf.image.grayscale_to_rgb(tf.zeros([4, 4, 3]))),
    bad("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(tf.zeros([4, 4, 1]))),
    bad("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(tf.zeros([4, 4, 3], tf.int32))),
    bad("image.adjust_hue", lambda tf: tf.image.adjust_hue(tf.zeros([4, 4, 1]), 0.1)),
    bad(
        "image.random_brightness", lambda tf: tf.image.random_brightness(tf.zeros([4, 4, 1]), -1.0)
    ),
    bad(
        "image.random_contrast", lambda tf: tf.image.random_contrast(tf.zeros([4, 4, 1]), 2.0, 1.0)
    ),
    bad(
        "image.convert_image_dtype",
        lambda tf: tf.image.convert_image_dtype(tf.zeros([1]), tf.string),
    ),
    bad("image.psnr", lambda tf: tf.image.psnr(tf.zeros([4, 4, 1]), tf.zeros([5, 4, 1]), 1.0)),
    bad("image.ssim", lambda tf: tf.image.ssim(tf.zeros([4, 4]), tf.zeros([4, 4]), 1.0)),
    bad("image.total_variation", lambda tf: tf.image.total_variation(tf.zeros([4, 4]))),
    bad(
        "image.non_max_suppression",
        lambda tf: tf.image.non_max_suppression(tf.zeros([2, 3]), tf.zeros([2]), 1),
    ),
    bad(
        "image.non_max_suppression",
        lambda tf: tf.image.non_max_suppression(tf.zeros([2, 4]), tf.zeros([3]), 1),
    ),
    bad(
        "image.crop_and_resize",
        lambda tf: tf.image.crop_and_resize(tf.zeros([1, 4, 4, 1]), tf.zeros([1, 4]), [3], [2, 2]),
    ),
    bad(
        "image.extract_patches",
        lambda tf: tf.image.extract_patches(
            tf.zeros([4, 4, 1]), [1, 2, 2, 1], [1] * 4, [1] * 4, "SAME"
        ),
    ),
    # Signals.
    Case("signal.fft", lambda tf: tf.signal.fft([1.0, 2.0])),
    bad("signal.fft", lambda tf: tf.signal.fft(tf.constant(1 + 1j))),
    Case("signal.rfft", lambda tf: tf.signal.rfft([1, 2])),
    bad("signal.rfft", lambda tf: tf.signal.rfft([1.0, 2.0], [2, 2])),
    Case("signal.irfft", lambda tf: tf.signal.irfft([1.0, 2.0])),
    bad("signal.fft2d", lambda tf: tf.signal.fft2d(tf.constant([1 + 1j]))),
    bad("signal.dct", lambda tf: tf.signal.dct([1.0, 2.0], type=5)),
    bad("signal.dct", lambda tf: tf.signal.dct([1.0], norm="x")),
    bad("signal.frame", lambda tf: tf.signal.frame(tf.zeros([4]), 2, 1, axis=3)),
    bad("signal.overlap_and_add", lambda tf: tf.signal.overlap_and_add(tf.zeros([4]), 1)),
    bad("signal.hann_window", lambda tf: tf.signal.hann_window(4, dtype=tf.int32)),
    bad("signal.stft", lambda tf: tf.signal.stft([1, 2, 3], 2, 1)),
    # Descriptions of tensors.
    bad("TensorShape", lambda tf: tf.TensorShape([-1])),
    bad("TensorShape", lambda tf: tf.TensorShape(["a"])),
    Case("TensorShape", lambda tf: tf.TensorShape(None)[0:1].as_list()),
    bad("TensorShape", lambda tf: len(tf.TensorShape(None))),
    bad("TensorShape", lambda tf: tf.TensorShape([1]).merge_with([2])),
    bad("TensorShape", lambda tf: tf.TensorShape([None]).assert_is_fully_defined()),
    bad("TensorShape", lambda tf: tf.TensorShape([1]).assert_has_rank(2)),
    bad("TensorSpec", lambda tf: tf.TensorSpec()),
    bad("TensorSpec", lambda tf: tf.TensorSpec([1], "x")),
    bad("as_dtype", lambda tf: tf.as_dtype("x")),
    bad("as_dtype", lambda tf: tf.as_dtype(None)),
    bad("DType", lambda tf: tf.string.max),
    bad("edit_distance", lambda tf: tf.edit_distance(tf.zeros([2]), tf.zeros([2]))),
    bad("sets.union", lambda tf: tf.sets.union([1], [2])),
    bad("sets.intersection", lambda tf: tf.sets.intersection([[1]], [["a"]])),
    bad("audio.decode_wav", lambda tf: tf.audio.decode_wav("no wav")),
    bad("no_such_name", lambda tf: tf.no_such_name, "root"),
    bad("nn.no_such_name", lambda tf: tf.nn.no_such_name, "namespace"),
]

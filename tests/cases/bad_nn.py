"""Bad calls of neural network operations and of linear algebra."""

from cases.form import Case, bad

IMAGE = [1, 4, 4, 2]

CASES = [
    # Activations and losses.
    bad("nn.relu", lambda tf: tf.nn.relu(["a"])),
    bad("nn.relu", lambda tf: tf.nn.relu([True])),
    bad("nn.relu6", lambda tf: tf.nn.relu6(["a"])),
    bad("nn.elu", lambda tf: tf.nn.elu([1])),
    bad("nn.selu", lambda tf: tf.nn.selu([1])),
    bad("nn.softplus", lambda tf: tf.nn.softplus([1])),
    bad("nn.softsign", lambda tf: tf.nn.softsign([1])),
    bad("nn.gelu", lambda tf: tf.nn.gelu([1])),
    bad("nn.silu", lambda tf: tf.nn.silu([1])),
    bad("nn.crelu", lambda tf: tf.nn.crelu([1.0], axis=3)),
    bad("nn.leaky_relu", lambda tf: tf.nn.leaky_relu(["a"])),
    bad("nn.softmax", lambda tf: tf.nn.softmax([1, 2])),
    bad("nn.softmax", lambda tf: tf.nn.softmax([1.0, 2.0], axis=1)),
    bad("nn.softmax", lambda tf: tf.nn.softmax(1.0)),
    bad("nn.log_softmax", lambda tf: tf.nn.log_softmax([1.0], axis=-2)),
    bad("nn.log_softmax", lambda tf: tf.nn.log_softmax(["a"])),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(tf.zeros([2, 3]), tf.zeros([2, 4])),
    ),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits([[1, 0]], [[1, 0]]),
    ),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits([1.0], [1.0], axis=2),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1], tf.zeros([3, 2])),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([2], tf.zeros([1, 2])),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([-1], tf.zeros([1, 2])),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0.0], tf.zeros([1, 2])),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(0, 1.0),
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf: tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros([2]), tf.zeros([3])),
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits", lambda tf: tf.nn.sigmoid_cross_entropy_with_logits()
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf: tf.nn.sigmoid_cross_entropy_with_logits(
            tf.zeros([2], tf.float64), tf.zeros([2])
        ),
    ),
    bad(
        "nn.weighted_cross_entropy_with_logits",
        lambda tf: tf.nn.weighted_cross_entropy_with_logits(tf.zeros([2]), tf.zeros([3]), 1.0),
    ),
    bad("nn.log_poisson_loss", lambda tf: tf.nn.log_poisson_loss(tf.zeros([2]), tf.zeros([3]))),
    bad("nn.l2_loss", lambda tf: tf.nn.l2_loss([1, 2])),
    Case(
        "nn.ctc_loss", lambda tf: tf.nn.ctc_loss(tf.constant([[1]]), tf.zeros([2, 1, 3]), [2], [2])
    ),
    # Convolutions and pooling.
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 3, 1]), 1, "SAME")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros([4, 4]), tf.zeros([2, 2, 2, 1]), 1, "SAME")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2]), 1, "SAME")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), 1, "FULL")),
    bad("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), 0, "SAME")),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), [1, 1, 1], "SAME"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), [2, 1, 1, 1], "SAME"),
    ),
    Case("nn.conv2d", lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([5, 5, 2, 1]), 1, "VALID")),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(
            tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), 1, "SAME", data_format="HWCN"
        ),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), 1, "SAME", dilations=-1),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1], tf.float64), 1, "SAME"),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), 1, [[0, 0], [1, 1]]),
    ),
    bad(
        "nn.conv2d",
        lambda tf: tf.nn.conv2d(
            tf.zeros(IMAGE, tf.bool), tf.zeros([2, 2, 2, 1], tf.bool), 1, "SAME"
        ),
    ),
    bad("nn.conv1d", lambda tf: tf.nn.conv1d(tf.zeros([1, 4, 2]), tf.zeros([2, 3, 1]), 1, "SAME")),
    bad("nn.conv1d", lambda tf: tf.nn.conv1d(tf.zeros([1, 4, 2]), tf.zeros([2, 2, 1]), 1, "NONE")),
    bad(
        "nn.conv3d",
        lambda tf: tf.nn.conv3d(
            tf.zeros([1, 2, 2, 2, 2]), tf.zeros([1, 1, 1, 3, 1]), [1] * 5, "SAME"
        ),
    ),
    bad(
        "nn.conv2d_transpose",
        lambda tf: tf.nn.conv2d_transpose(tf.zeros(IMAGE), tf.zeros([2, 2, 1, 3]), [1, 4, 4, 1], 1),
    ),
    bad(
        "nn.conv2d_transpose",
        lambda tf: tf.nn.conv2d_transpose(tf.zeros(IMAGE), tf.zeros([2, 2, 1, 2]), [1, 9, 9, 1], 1),
    ),
    bad(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(tf.zeros(IMAGE), tf.zeros([2, 2, 3, 1]), [1] * 4, "SAME"),
    ),
    bad(
        "nn.depthwise_conv2d",
        lambda tf: tf.nn.depthwise_conv2d(
            tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), [1, 1, 2, 1], "SAME"
        ),
    ),
    bad(
        "nn.separable_conv2d",
        lambda tf: tf.nn.separable_conv2d(
            tf.zeros(IMAGE), tf.zeros([2, 2, 2, 1]), tf.zeros([1, 1, 3, 1]), [1] * 4, "SAME"
        ),
    ),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(tf.zeros([4, 4]), 2, 2, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(tf.zeros(IMAGE), 0, 1, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(tf.zeros(IMAGE), 2, 2, "FULL")),
    Case("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(tf.zeros(IMAGE), 5, 1, "VALID")),
    bad(
        "nn.max_pool2d",
        lambda tf: tf.nn.max_pool2d(tf.zeros(IMAGE), [1, 2], 2, "SAME", data_format="X"),
    ),
    bad("nn.avg_pool2d", lambda tf: tf.nn.avg_pool2d(tf.zeros(IMAGE, tf.int32), 2, 2, "SAME")),
    bad("nn.avg_pool2d", lambda tf: tf.nn.avg_pool2d(tf.zeros(IMAGE), 2, 0, "SAME")),
    bad("nn.avg_pool3d", lambda tf: tf.nn.avg_pool3d(tf.zeros(IMAGE), 2, 2, "SAME")),
    bad("nn.pool", lambda tf: tf.nn.pool(tf.zeros(IMAGE), [2, 2], "MIN")),
    bad("nn.pool", lambda tf: tf.nn.pool(tf.zeros(IMAGE), [2, 2, 2], "MAX")),
    bad(
        "nn.max_pool_with_argmax",
        lambda tf: tf.nn.max_pool_with_argmax(tf.zeros([4, 4]), 2, 2, "SAME"),
    ),
    # The rest.
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(tf.zeros([2, 3]), tf.zeros([2]))),
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(tf.zeros([2, 3]), tf.zeros([3, 1]))),
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(tf.zeros([3]), tf.zeros([3]))),
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(tf.zeros([2, 3]), tf.zeros([3]), data_format="X")),
    bad("nn.dropout", lambda tf: tf.nn.dropout([1.0], 1.5)),
    bad("nn.dropout", lambda tf: tf.nn.dropout([1.0], -0.1)),
    bad("nn.dropout", lambda tf: tf.nn.dropout([1], 0.5)),
    bad("nn.moments", lambda tf: tf.nn.moments(tf.zeros([2]), [1])),
    bad(
        "nn.batch_normalization",
        lambda tf: tf.nn.batch_normalization(
            tf.zeros([2, 3]), tf.zeros([2]), tf.ones([3]), None, None, 1e-3
        ),
    ),
    bad(
        "nn.local_response_normalization",
        lambda tf: tf.nn.local_response_normalization(tf.zeros([2, 3])),
    ),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(tf.zeros([2, 3]), [2])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(tf.zeros([2, 3]), [0.5])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(None, [0])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup([], [0])),
    bad("nn.in_top_k", lambda tf: tf.nn.in_top_k([0], [0.5, 0.5], 1)),
    bad("nn.collapse_repeated", lambda tf: tf.nn.collapse_repeated([1, 1], [2])),
    bad("nn.depth_to_space", lambda tf: tf.nn.depth_to_space(tf.zeros([1, 2, 2, 3]), 2)),
    bad(
        "nn.dilation2d",
        lambda tf: tf.nn.dilation2d(
            tf.zeros(IMAGE), tf.zeros([2, 2, 3]), [1] * 4, "SAME", "NHWC", [1] * 4
        ),
    ),
    bad(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(tf.zeros([2]), [1, 2, 3], "SAME", None),
    ),
    # Linear algebra.
    bad("linalg.matmul", lambda tf: tf.matmul(tf.zeros([2, 3]), tf.zeros([2, 3]))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.zeros([3]), tf.zeros([3, 2]))),
    bad("linalg.matmul", lambda tf: tf.zeros([2, 3]) @ tf.zeros([2])),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2], tf.int32))),
    bad("linalg.matmul", lambda tf: tf.matmul(tf.zeros([2, 2, 3]), tf.zeros([3, 3, 2]))),
    bad(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2]), transpose_a=True, adjoint_a=True),
    ),
    bad("linalg.matmul", lambda tf: tf.matmul([["a"]], [["b"]])),
    bad("linalg.matmul", lambda tf: tf.matmul([[True]], [[True]])),
    bad("linalg.matvec", lambda tf: tf.linalg.matvec(tf.zeros([2, 3]), tf.zeros([2]))),
    bad("tensordot", lambda tf: tf.tensordot(tf.zeros([2, 3]), tf.zeros([2, 3]), 1)),
    bad("tensordot", lambda tf: tf.tensordot(tf.zeros([2, 3]), tf.zeros([2, 3]), 3)),
    bad("tensordot", lambda tf: tf.tensordot(tf.zeros([2, 3]), tf.zeros([2, 3]), -1)),
    bad("tensordot", lambda tf: tf.tensordot(tf.zeros([2, 3]), tf.zeros([2, 3]), [[0, 1], [0]])),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.zeros([2, 3]), tf.zeros([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("ij->k", tf.zeros([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("ij,jk->ik", tf.zeros([2, 3]))),
    bad("einsum", lambda tf: tf.einsum("i j", tf.zeros([2]))),
    bad("einsum", lambda tf: tf.einsum("ijk->i", tf.zeros([2, 3]))),
    bad("linalg.trace", lambda tf: tf.linalg.trace(tf.zeros([2]))),
    bad("linalg.det", lambda tf: tf.linalg.det(tf.zeros([2, 3]))),
    bad("linalg.det", lambda tf: tf.linalg.det([[1, 2], [3, 4]])),
    bad("linalg.inv", lambda tf: tf.linalg.inv([[1.0, 2.0], [2.0, 4.0]])),
    bad("linalg.inv", lambda tf: tf.linalg.inv(tf.zeros([2, 3]))),
    bad("linalg.solve", lambda tf: tf.linalg.solve(tf.zeros([2, 2]), tf.zeros([2, 1]))),
    bad("linalg.solve", lambda tf: tf.linalg.solve(tf.eye(2), tf.zeros([3, 1]))),
    Case("linalg.cholesky", lambda tf: tf.linalg.cholesky([[1.0, 2.0], [2.0, 1.0]])),
    bad("linalg.cholesky", lambda tf: tf.linalg.cholesky(tf.zeros([2, 3]))),
    bad("linalg.cholesky", lambda tf: tf.linalg.cholesky([[1, 0], [0, 1]])),
    Case(
        "linalg.triangular_solve",
        lambda tf: tf.linalg.triangular_solve(tf.zeros([2, 2]), tf.zeros([2, 1])),
    ),
    bad(
        "linalg.triangular_solve",
        lambda tf: tf.linalg.triangular_solve(tf.eye(2), tf.zeros([3, 1])),
    ),
    bad("linalg.qr", lambda tf: tf.linalg.qr(tf.zeros([2]))),
    bad("linalg.svd", lambda tf: tf.linalg.svd(tf.zeros([2]))),
    bad("linalg.svd", lambda tf: tf.linalg.svd([[1, 2]])),
    bad("linalg.eigh", lambda tf: tf.linalg.eigh(tf.zeros([2, 3]))),
    bad("linalg.lstsq", lambda tf: tf.linalg.lstsq(tf.zeros([2, 2]), tf.zeros([3, 1]))),
    bad("linalg.lu", lambda tf: tf.linalg.lu(tf.zeros([2, 3]))),
    bad("linalg.expm", lambda tf: tf.linalg.expm([[1, 2], [3, 4]])),
    bad("linalg.band_part", lambda tf: tf.linalg.band_part(tf.zeros([2]), 0, 0)),
    bad("linalg.band_part", lambda tf: tf.linalg.band_part(tf.zeros([2, 2]), 3, 0)),
    bad("linalg.diag_part", lambda tf: tf.linalg.diag_part(tf.zeros([2]))),
    bad("linalg.diag_part", lambda tf: tf.linalg.diag_part(tf.zeros([2, 2]), k=3)),
    bad("linalg.set_diag", lambda tf: tf.linalg.set_diag(tf.zeros([2, 2]), tf.zeros([3]))),
    bad("linalg.tensor_diag_part", lambda tf: tf.linalg.tensor_diag_part(tf.zeros([2, 3]))),
    bad("linalg.cross", lambda tf: tf.linalg.cross([1.0, 2.0], [3.0, 4.0])),
    bad("linalg.cross", lambda tf: tf.linalg.cross(tf.zeros([3]), tf.zeros([2, 3]))),
    bad("norm", lambda tf: tf.norm([1.0], ord="max")),
    bad("norm", lambda tf: tf.norm([1.0], ord=-1)),
    bad("norm", lambda tf: tf.norm(tf.zeros([2, 2]), axis=[0, 1, 2])),
    bad("norm", lambda tf: tf.norm([1, 2])),
    bad("linalg.matrix_transpose", lambda tf: tf.linalg.matrix_transpose(tf.zeros([2]))),
    bad("linalg.sqrtm", lambda tf: tf.linalg.sqrtm(tf.zeros([2, 3]))),
]

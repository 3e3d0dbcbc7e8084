"""tf.image: resizing, cropping, colours, filters, quality."""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad
from cases.linalg import gradient, wave

PIXELS = np.arange(48).reshape(4, 4, 3).astype(np.uint8)
PHOTO = (0.5 + 0.5 * wave(5, 6, 3)).astype(np.float32)
BATCH = np.stack([PHOTO, PHOTO[::-1]])
METHODS = (
    "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic",
)  # fmt: skip


def resize_cases():
    for method in METHODS:
        for size in ([3, 4], [8, 9], [1, 1], [5, 6]):
            for antialias in (False, True):

                def value(tf, m=method, s=size, a=antialias):
                    return tf.image.resize(BATCH, s, m, antialias=a)

                yield Case("image.resize", value, id=f"{method} {size} {antialias}", atol=3e-6)
        yield Case(
            "image.resize", lambda tf, m=method: tf.image.resize(PIXELS, [3, 5], m), atol=1e-4
        )
        if method == "area":
            yield bad(
                "image.resize",
                lambda tf: gradient(tf, lambda x: tf.image.resize(x, [3, 3], "area"), PHOTO),
            )
        else:

            def slope(tf, m=method):
                return gradient(tf, lambda x: tf.image.resize(x, [3, 8], m), PHOTO)

            yield Case("image.resize", slope, atol=1e-5, id=f"gradient {method}")
    for dtype in ("int8", "uint16", "int32", "float16", "bfloat16", "float64"):
        for method in ("bilinear", "nearest"):

            def converted(tf, d=dtype, m=method):
                return tf.image.resize(tf.cast(PIXELS, d), [3, 2], m)

            yield Case("image.resize", converted, id=f"{dtype} {method}", atol=1e-4)


RESIZE = [
    *resize_cases(),
    Case("image.resize", lambda tf: tf.image.resize(PHOTO, [4, 4], preserve_aspect_ratio=True)),
    Case("image.resize", lambda tf: tf.image.resize(PHOTO, [20, 8], preserve_aspect_ratio=True)),
    Case(
        "image.resize",
        lambda tf: tf.image.resize(
            PHOTO, tf.constant([2, 3]), tf.image.ResizeMethod.NEAREST_NEIGHBOR
        ),
    ),
    Case("image.resize", lambda tf: tf.image.resize([[[np.nan], [1.0], [2.0], [3.0]]], [1, 8])),
    bad("image.resize", lambda tf: tf.image.resize(tf.ones([4, 4]), [2, 2])),
    bad("image.resize", lambda tf: tf.image.resize(PHOTO, [2])),
    bad("image.resize", lambda tf: tf.image.resize(PHOTO, [2.5, 2])),
    bad("image.resize", lambda tf: tf.image.resize(PHOTO, [0, 2])),
    bad("image.resize", lambda tf: tf.image.resize(PHOTO, [2, 2], "foo")),
    bad("image.resize", lambda tf: tf.image.resize(tf.ones([0, 4, 3]), [2, 2])),
    bad("image.resize", lambda tf: tf.image.resize(tf.ones([2, 4, 3], tf.bool), [2, 2])),
    Case("image.ResizeMethod", lambda tf: tf.image.ResizeMethod.BILINEAR),
    Case("image.ResizeMethod", lambda tf: tf.image.ResizeMethod.AREA),
    Case("image.ResizeMethod", lambda tf: tf.image.ResizeMethod.MITCHELLCUBIC),
    Case("image.resize_with_pad", lambda tf: tf.image.resize_with_pad(PHOTO, 4, 4)),
    Case(
        "image.resize_with_pad",
        lambda tf: tf.image.resize_with_pad(BATCH, 9, 7, antialias=True),
        atol=3e-6,
    ),
    Case(
        "image.resize_with_pad", lambda tf: tf.image.resize_with_pad(PIXELS, 5, 7, method="nearest")
    ),
    Case(
        "image.resize_with_pad",
        lambda tf: gradient(tf, lambda x: tf.image.resize_with_pad(x, 4, 4), PHOTO),
        atol=1e-5,
    ),
    bad("image.resize_with_pad", lambda tf: tf.image.resize_with_pad(PHOTO, 0, 4)),
    bad("image.resize_with_pad", lambda tf: tf.image.resize_with_pad(tf.ones([2, 2]), 4, 4)),
    Case(
        "image.resize_with_crop_or_pad", lambda tf: tf.image.resize_with_crop_or_pad(PIXELS, 6, 2)
    ),
    Case("image.resize_with_crop_or_pad", lambda tf: tf.image.resize_with_crop_or_pad(BATCH, 2, 9)),
    Case(
        "image.resize_with_crop_or_pad", lambda tf: tf.image.resize_with_crop_or_pad(PIXELS, 4, 4)
    ),
    Case(
        "image.resize_with_crop_or_pad",
        lambda tf: gradient(tf, lambda x: tf.image.resize_with_crop_or_pad(x, 3, 8), PHOTO),
    ),
    bad("image.resize_with_crop_or_pad", lambda tf: tf.image.resize_with_crop_or_pad(PIXELS, 0, 2)),
]

GEOMETRY = [
    Case("image.flip_left_right", lambda tf: tf.image.flip_left_right(PIXELS)),
    Case("image.flip_left_right", lambda tf: tf.image.flip_left_right(BATCH)),
    Case("image.flip_left_right", lambda tf: gradient(tf, tf.image.flip_left_right, PHOTO)),
    bad("image.flip_left_right", lambda tf: tf.image.flip_left_right(tf.ones([2, 2]))),
    bad("image.flip_left_right", lambda tf: tf.image.flip_left_right(tf.ones([1, 1, 2, 2, 1]))),
    Case("image.flip_up_down", lambda tf: tf.image.flip_up_down(PIXELS)),
    Case("image.flip_up_down", lambda tf: tf.image.flip_up_down(BATCH)),
    Case("image.flip_up_down", lambda tf: gradient(tf, tf.image.flip_up_down, PHOTO)),
    bad("image.flip_up_down", lambda tf: tf.image.flip_up_down(tf.ones([2, 2]))),
    Case("image.transpose", lambda tf: tf.image.transpose(PHOTO)),
    Case("image.transpose", lambda tf: tf.image.transpose(BATCH)),
    Case("image.transpose", lambda tf: tf.image.transpose(PIXELS)),
    bad("image.transpose", lambda tf: tf.image.transpose(tf.ones([2, 2]))),
    *[Case("image.rot90", lambda tf, k=k: tf.image.rot90(PHOTO, k)) for k in (-1, 0, 1, 2, 3, 6)],
    Case("image.rot90", lambda tf: tf.image.rot90(BATCH, tf.constant(3))),
    Case("image.rot90", lambda tf: gradient(tf, tf.image.rot90, PHOTO)),
    bad("image.rot90", lambda tf: tf.image.rot90(tf.ones([2, 2]))),
    bad("image.rot90", lambda tf: tf.image.rot90(PHOTO, 1.5)),
    Case(
        "image.crop_to_bounding_box", lambda tf: tf.image.crop_to_bounding_box(PIXELS, 1, 2, 3, 2)
    ),
    Case("image.crop_to_bounding_box", lambda tf: tf.image.crop_to_bounding_box(BATCH, 0, 1, 5, 1)),
    Case(
        "image.crop_to_bounding_box",
        lambda tf: gradient(tf, lambda x: tf.image.crop_to_bounding_box(x, 1, 1, 2, 2), PHOTO),
    ),
    bad("image.crop_to_bounding_box", lambda tf: tf.image.crop_to_bounding_box(PIXELS, 3, 3, 2, 2)),
    bad(
        "image.crop_to_bounding_box", lambda tf: tf.image.crop_to_bounding_box(PIXELS, -1, 0, 2, 2)
    ),
    bad("image.crop_to_bounding_box", lambda tf: tf.image.crop_to_bounding_box(PIXELS, 0, 0, 0, 2)),
    Case("image.pad_to_bounding_box", lambda tf: tf.image.pad_to_bounding_box(PIXELS, 1, 0, 6, 5)),
    Case("image.pad_to_bounding_box", lambda tf: tf.image.pad_to_bounding_box(BATCH, 0, 2, 5, 9)),
    Case(
        "image.pad_to_bounding_box",
        lambda tf: gradient(tf, lambda x: tf.image.pad_to_bounding_box(x, 1, 1, 8, 8), PHOTO),
    ),
    bad("image.pad_to_bounding_box", lambda tf: tf.image.pad_to_bounding_box(PIXELS, 1, 1, 3, 3)),
    bad("image.pad_to_bounding_box", lambda tf: tf.image.pad_to_bounding_box(PIXELS, -1, 1, 6, 6)),
    Case("image.central_crop", lambda tf: tf.image.central_crop(PHOTO, 0.5)),
    Case("image.central_crop", lambda tf: tf.image.central_crop(BATCH, 0.3)),
    Case("image.central_crop", lambda tf: tf.image.central_crop(PIXELS, 1.0)),
    Case("image.central_crop", lambda tf: tf.image.central_crop(tf.ones([7, 10, 1]), 0.77)),
    bad("image.central_crop", lambda tf: tf.image.central_crop(PIXELS, 0.0)),
    bad("image.central_crop", lambda tf: tf.image.central_crop(PIXELS, 1.5)),
    bad("image.central_crop", lambda tf: tf.image.central_crop(tf.ones([5, 5]), 0.5)),
]


def patch_cases():
    for padding in ("SAME", "VALID"):
        for size, stride, rate in (
            ((2, 2), (1, 1), (1, 1)),
            ((3, 2), (2, 3), (1, 2)),
            ((1, 1), (4, 4), (1, 1)),
        ):

            def value(tf, s=size, t=stride, r=rate, p=padding):
                return tf.image.extract_patches(BATCH, [1, *s, 1], [1, *t, 1], [1, *r, 1], p)

            def slope(tf, s=size, t=stride, r=rate, p=padding):
                return gradient(
                    tf,
                    lambda x: tf.image.extract_patches(x, [1, *s, 1], [1, *t, 1], [1, *r, 1], p),
                    BATCH,
                )

            yield Case("image.extract_patches", value)
            yield Case("image.extract_patches", slope)


ONE = [1, 1, 1, 1]
PATCHES = [
    *patch_cases(),
    bad(
        "image.extract_patches",
        lambda tf: tf.image.extract_patches(BATCH, [2, 2], ONE, ONE, "VALID"),
    ),
    bad("image.extract_patches", lambda tf: tf.image.extract_patches(BATCH, ONE, ONE, ONE, "FOO")),
    bad(
        "image.extract_patches", lambda tf: tf.image.extract_patches(PHOTO, ONE, ONE, ONE, "VALID")
    ),
]

COLORS = [
    [0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0],
    [0.0, 1.0, 0.0],
    [0.2, 0.4, 0.1],
    [0.5, 0.5, 0.5],
    [0.7, 0.1, 0.9],
]
VALUES = [-0.5, 0.0, 0.3, 0.5, 0.999, 1.0, 2.0]


def conversion_cases():
    for source in ("uint8", "int8", "int16", "uint16", "int32"):
        for target in ("uint8", "int8", "int16", "uint16", "float32", "float64", "float16"):

            def value(tf, s=source, t=target):
                low = 0 if s.startswith("u") else -100
                return tf.image.convert_image_dtype(tf.constant([low, 0, 3, 100, 127], s), t)

            yield Case("image.convert_image_dtype", value, id=f"{source} {target}")
    for target in ("uint8", "int16", "int32", "float64"):
        for saturate in (False, True):
            if target == "int32" and saturate:
                continue

            def from_floats(tf, t=target, s=saturate):
                values = VALUES if s else VALUES[1:5]
                return tf.image.convert_image_dtype(values, t, s)

            yield Case("image.convert_image_dtype", from_floats, id=f"{target} {saturate}")


ADJUST = [
    *conversion_cases(),
    bad("image.convert_image_dtype", lambda tf: tf.image.convert_image_dtype(PIXELS, tf.string)),
    bad("image.convert_image_dtype", lambda tf: tf.image.convert_image_dtype([True], tf.uint8)),
    Case("image.adjust_brightness", lambda tf: tf.image.adjust_brightness(PIXELS, 0.9)),
    Case("image.adjust_brightness", lambda tf: tf.image.adjust_brightness(PHOTO, -0.3)),
    Case(
        "image.adjust_brightness",
        lambda tf: tf.image.adjust_brightness(tf.constant([0.1], tf.float64), 0.2),
    ),
    Case(
        "image.adjust_brightness",
        lambda tf: tf.image.adjust_brightness(tf.cast(PHOTO, tf.float16), 0.2),
    ),
    Case(
        "image.adjust_brightness",
        lambda tf: gradient(tf, lambda x: tf.image.adjust_brightness(x, 0.2), PHOTO),
    ),
    bad("image.adjust_brightness", lambda tf: tf.image.adjust_brightness([True], 0.2)),
    Case("image.adjust_contrast", lambda tf: tf.image.adjust_contrast(PIXELS, 2.0)),
    Case("image.adjust_contrast", lambda tf: tf.image.adjust_contrast(BATCH, 0.3)),
    Case(
        "image.adjust_contrast", lambda tf: tf.image.adjust_contrast(PIXELS.astype(np.int32), 0.5)
    ),
    bad("image.adjust_contrast", lambda tf: tf.image.adjust_contrast(tf.ones([3, 3]), 2.0)),
    bad(
        "image.adjust_contrast",
        lambda tf: gradient(tf, lambda x: tf.image.adjust_contrast(x, 2.0), PHOTO),
    ),
    Case("image.adjust_gamma", lambda tf: tf.image.adjust_gamma(PIXELS, 0.5, 2)),
    Case("image.adjust_gamma", lambda tf: tf.image.adjust_gamma(PHOTO, 2.2)),
    Case(
        "image.adjust_gamma",
        lambda tf: gradient(tf, lambda x: tf.image.adjust_gamma(x, 2.0), PHOTO),
    ),
    bad("image.adjust_gamma", lambda tf: tf.image.adjust_gamma(PHOTO, -1)),
    Case("image.adjust_hue", lambda tf: tf.image.adjust_hue(PIXELS, 0.25)),
    Case("image.adjust_hue", lambda tf: tf.image.adjust_hue(PHOTO, -0.4)),
    Case("image.adjust_hue", lambda tf: tf.image.adjust_hue([COLORS], 0.9), atol=2e-6),
    bad("image.adjust_hue", lambda tf: tf.image.adjust_hue(PHOTO, 1.5)),
    bad("image.adjust_hue", lambda tf: tf.image.adjust_hue(tf.ones([2, 2, 4]), 0.5)),
    Case("image.adjust_saturation", lambda tf: tf.image.adjust_saturation(PIXELS, 2.0)),
    Case("image.adjust_saturation", lambda tf: tf.image.adjust_saturation(PHOTO, 0.3)),
    Case("image.adjust_saturation", lambda tf: tf.image.adjust_saturation([COLORS], -1.0)),
    bad("image.adjust_saturation", lambda tf: tf.image.adjust_saturation(tf.ones([2, 2, 4]), 0.5)),
    Case("image.rgb_to_grayscale", lambda tf: tf.image.rgb_to_grayscale(PIXELS)),
    Case("image.rgb_to_grayscale", lambda tf: tf.image.rgb_to_grayscale(BATCH)),
    Case("image.rgb_to_grayscale", lambda tf: gradient(tf, tf.image.rgb_to_grayscale, PHOTO)),
    bad("image.rgb_to_grayscale", lambda tf: tf.image.rgb_to_grayscale(tf.ones([2, 2, 4]))),
    Case(
        "image.grayscale_to_rgb", lambda tf: tf.image.grayscale_to_rgb(tf.constant(PIXELS[..., :1]))
    ),
    Case(
        "image.grayscale_to_rgb", lambda tf: tf.image.grayscale_to_rgb(tf.constant(BATCH[..., :1]))
    ),
    Case(
        "image.grayscale_to_rgb",
        lambda tf: gradient(tf, tf.image.grayscale_to_rgb, PHOTO[..., :1].copy()),
    ),
    bad("image.grayscale_to_rgb", lambda tf: tf.image.grayscale_to_rgb(tf.constant(PHOTO))),
    Case("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(COLORS)),
    Case("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(PHOTO)),
    Case(
        "image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv([[2.0, -1.0, 0.3], [-1.0, -2.0, -3.0]])
    ),
    Case("image.rgb_to_hsv", lambda tf: gradient(tf, tf.image.rgb_to_hsv, PHOTO), atol=1e-5),
    bad("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(tf.ones([2, 2]))),
    Case("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(PIXELS)),
    bad("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(tf.constant(PIXELS))),
    bad("image.rgb_to_hsv", lambda tf: tf.image.rgb_to_hsv(1.0)),
    Case("image.hsv_to_rgb", lambda tf: tf.image.hsv_to_rgb(COLORS)),
    Case("image.hsv_to_rgb", lambda tf: tf.image.hsv_to_rgb(PHOTO.astype(np.float64))),
    Case("image.hsv_to_rgb", lambda tf: tf.image.hsv_to_rgb([[1.2, 0.5, 0.5], [-0.1, 0.5, 0.5]])),
    Case("image.hsv_to_rgb", lambda tf: gradient(tf, tf.image.hsv_to_rgb, PHOTO)),
    bad("image.hsv_to_rgb", lambda tf: tf.image.hsv_to_rgb(tf.ones([2, 2]))),
    *[
        case
        for name in ("rgb_to_yiq", "yiq_to_rgb", "rgb_to_yuv", "yuv_to_rgb")
        for case in (
            Case("image." + name, lambda tf, n=name: getattr(tf.image, n)(np.eye(3))),
            Case("image." + name, lambda tf, n=name: getattr(tf.image, n)(BATCH)),
            Case("image." + name, lambda tf, n=name: gradient(tf, getattr(tf.image, n), PHOTO)),
            bad("image." + name, lambda tf, n=name: getattr(tf.image, n)(PIXELS)),
            bad("image." + name, lambda tf, n=name: getattr(tf.image, n)(tf.ones([2, 4]))),
        )
    ],
]

SHARP = (0.5 + 0.5 * wave(13, 12, 2)).astype(np.float32)
BLURRED = (0.8 * SHARP + 0.1 * SHARP[::-1]).astype(np.float32)

FILTERS = [
    Case("image.per_image_standardization", lambda tf: tf.image.per_image_standardization(PIXELS)),
    Case(
        "image.per_image_standardization",
        lambda tf: tf.image.per_image_standardization(BATCH),
        atol=1e-5,
    ),
    Case(
        "image.per_image_standardization",
        lambda tf: tf.image.per_image_standardization(tf.ones([2, 2, 1])),
    ),
    Case(
        "image.per_image_standardization",
        lambda tf: gradient(tf, tf.image.per_image_standardization, PHOTO),
        atol=1e-5,
    ),
    bad(
        "image.per_image_standardization",
        lambda tf: tf.image.per_image_standardization(tf.ones([2, 2])),
    ),
    Case("image.total_variation", lambda tf: tf.image.total_variation(tf.constant(PHOTO))),
    Case("image.total_variation", lambda tf: tf.image.total_variation(tf.constant(BATCH))),
    Case(
        "image.total_variation",
        lambda tf: tf.image.total_variation(tf.constant(PIXELS.astype(np.int32))),
    ),
    Case("image.total_variation", lambda tf: gradient(tf, tf.image.total_variation, BATCH)),
    bad("image.total_variation", lambda tf: tf.image.total_variation(tf.ones([2, 2]))),
    Case("image.image_gradients", lambda tf: tf.image.image_gradients(tf.constant(BATCH))),
    Case(
        "image.image_gradients",
        lambda tf: tf.image.image_gradients(tf.constant(PIXELS[None].astype(np.int32))),
    ),
    Case("image.image_gradients", lambda tf: gradient(tf, tf.image.image_gradients, BATCH)),
    bad("image.image_gradients", lambda tf: tf.image.image_gradients(tf.constant(PHOTO))),
    Case("image.sobel_edges", lambda tf: tf.image.sobel_edges(tf.constant(BATCH)), atol=2e-6),
    Case(
        "image.sobel_edges", lambda tf: tf.image.sobel_edges(tf.constant(BATCH.astype(np.float64)))
    ),
    Case("image.sobel_edges", lambda tf: gradient(tf, tf.image.sobel_edges, BATCH), atol=2e-6),
    bad("image.sobel_edges", lambda tf: tf.image.sobel_edges(tf.constant(PHOTO))),
    bad("image.sobel_edges", lambda tf: tf.image.sobel_edges(tf.constant(PIXELS[None]))),
    Case("image.psnr", lambda tf: tf.image.psnr(SHARP, BLURRED, 1.0)),
    Case("image.psnr", lambda tf: tf.image.psnr(PIXELS, PIXELS + 3, 255)),
    Case("image.psnr", lambda tf: tf.image.psnr(SHARP, SHARP, 1.0)),
    Case(
        "image.psnr", lambda tf: gradient(tf, lambda a, b: tf.image.psnr(a, b, 1.0), SHARP, BLURRED)
    ),
    bad("image.psnr", lambda tf: tf.image.psnr(SHARP, SHARP[:2], 1.0)),
    Case("image.ssim", lambda tf: tf.image.ssim(SHARP, BLURRED, 1.0)),
    Case(
        "image.ssim",
        lambda tf: tf.image.ssim(
            np.stack([SHARP, BLURRED]),
            np.stack([BLURRED, BLURRED]),
            1.0,
            filter_size=5,
            filter_sigma=1.0,
        ),
    ),
    Case("image.ssim", lambda tf: tf.image.ssim(SHARP, BLURRED, 1.0, return_index_map=True)),
    Case("image.ssim", lambda tf: tf.image.ssim(PIXELS, PIXELS + 3, 255, filter_size=3)),
    Case(
        "image.ssim",
        lambda tf: gradient(tf, lambda a, b: tf.image.ssim(a, b, 1.0), SHARP, BLURRED),
        atol=1e-5,
    ),
    bad("image.ssim", lambda tf: tf.image.ssim(PHOTO, PHOTO, 1.0)),
    bad("image.ssim", lambda tf: tf.image.ssim(SHARP, SHARP[:, :11], 1.0)),
    Case(
        "image.ssim_multiscale",
        lambda tf: tf.image.ssim_multiscale(
            SHARP, BLURRED, 1.0, power_factors=(0.5, 0.5), filter_size=3
        ),
    ),
    Case(
        "image.ssim_multiscale",
        lambda tf: tf.image.ssim_multiscale(SHARP, BLURRED, 1.0, power_factors=(1.0,)),
    ),
    Case(
        "image.ssim_multiscale",
        lambda tf: tf.image.ssim_multiscale(
            np.stack([SHARP, BLURRED]),
            np.stack([BLURRED, BLURRED]),
            1.0,
            power_factors=(0.2, 0.3),
            filter_size=4,
        ),
    ),
    bad("image.ssim_multiscale", lambda tf: tf.image.ssim_multiscale(SHARP, BLURRED, 1.0)),
]

CASES = [*RESIZE, *GEOMETRY, *PATCHES, *ADJUST, *FILTERS]

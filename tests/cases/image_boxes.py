"""tf.image: boxes, random changes; image and sound files."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from cases.form import Case, bad
from cases.image import BATCH, PHOTO, PIXELS
from cases.linalg import gradient, wave

BOXES = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9], [0.5, 0.5, 1.0, 1.0], [0.4, 0.4, 0.0, 0.0]]
SCORES = [0.6, 0.8, 0.9, 0.7]
CROPS = np.array([[0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 1.5, 1.5], [0.8, 0.9, 0.1, 0.2]], np.float32)
WHICH = [0, 1, 0]


def crop_cases():
    for method in ("bilinear", "nearest"):
        for size in ([2, 3], [1, 1], [7, 5]):

            def value(tf, m=method, s=size):
                return tf.image.crop_and_resize(BATCH, CROPS, WHICH, s, m, -1.0)

            def slope(tf, m=method, s=size):
                return gradient(
                    tf, lambda x, b: tf.image.crop_and_resize(x, b, WHICH, s, m), BATCH, CROPS
                )

            yield Case("image.crop_and_resize", value)
            yield Case("image.crop_and_resize", slope, atol=1e-5)


def zeros(*shape):
    return np.zeros(shape, np.float32)


SUPPRESSION = [
    *crop_cases(),
    Case(
        "image.crop_and_resize",
        lambda tf: tf.image.crop_and_resize(PIXELS[None], CROPS[:1], [0], [2, 2]),
    ),
    bad(
        "image.crop_and_resize",
        lambda tf: tf.image.crop_and_resize(BATCH, CROPS, [0, 1, 2], [2, 2]),
    ),
    bad(
        "image.crop_and_resize",
        lambda tf: tf.image.crop_and_resize(BATCH, CROPS, WHICH, [2, 2], "foo"),
    ),
    bad("image.crop_and_resize", lambda tf: tf.image.crop_and_resize(BATCH, CROPS, WHICH, [0, 2])),
    bad("image.crop_and_resize", lambda tf: tf.image.crop_and_resize(PHOTO, CROPS, WHICH, [2, 2])),
    Case("image.non_max_suppression", lambda tf: tf.image.non_max_suppression(BOXES, SCORES, 3)),
    Case(
        "image.non_max_suppression",
        lambda tf: tf.image.non_max_suppression(BOXES, SCORES, 10, 0.95, 0.65),
    ),
    Case("image.non_max_suppression", lambda tf: tf.image.non_max_suppression(zeros(0, 4), [], 3)),
    Case(
        "image.non_max_suppression",
        lambda tf: tf.image.non_max_suppression(np.array(BOXES), np.array(SCORES), 3),
    ),
    Case(
        "image.non_max_suppression",
        lambda tf: tf.image.non_max_suppression(
            [[0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 3.0]], [0.5, 0.5], 3
        ),
    ),
    bad("image.non_max_suppression", lambda tf: tf.image.non_max_suppression(BOXES, SCORES[:3], 3)),
    bad("image.non_max_suppression", lambda tf: tf.image.non_max_suppression([1.0], [1.0], 3)),
    bad(
        "image.non_max_suppression", lambda tf: tf.image.non_max_suppression(BOXES, SCORES, 3, 1.5)
    ),
    bad("image.non_max_suppression", lambda tf: tf.image.non_max_suppression(BOXES, SCORES, -1)),
    Case(
        "image.non_max_suppression_with_scores",
        lambda tf: tf.image.non_max_suppression_with_scores(
            BOXES, SCORES, 10, 0.5, soft_nms_sigma=0.5
        ),
    ),
    Case(
        "image.non_max_suppression_with_scores",
        lambda tf: tf.image.non_max_suppression_with_scores(BOXES, SCORES, 10, 0.5),
    ),
    Case(
        "image.non_max_suppression_with_scores",
        lambda tf: tf.image.non_max_suppression_with_scores(BOXES, SCORES, 2, 0.5, 0.65, 0.3),
    ),
    bad(
        "image.non_max_suppression_with_scores",
        lambda tf: tf.image.non_max_suppression_with_scores(BOXES, SCORES[:2], 10),
    ),
    Case(
        "image.non_max_suppression_padded",
        lambda tf: tf.image.non_max_suppression_padded(
            tf.constant(BOXES), SCORES, 3, pad_to_max_output_size=True
        ),
    ),
    Case(
        "image.non_max_suppression_padded",
        lambda tf: tf.image.non_max_suppression_padded(tf.constant(BOXES), tf.constant(SCORES), 3),
    ),
    Case(
        "image.non_max_suppression_padded",
        lambda tf: tf.image.non_max_suppression_padded(
            tf.constant([BOXES, BOXES[::-1]]),
            tf.constant([SCORES, SCORES]),
            3,
            pad_to_max_output_size=True,
        ),
    ),
    bad(
        "image.non_max_suppression_padded",
        lambda tf: tf.image.non_max_suppression_padded(
            tf.constant([BOXES]), tf.constant([SCORES]), 3
        ),
    ),
    Case(
        "image.non_max_suppression_overlaps",
        lambda tf: tf.image.non_max_suppression_overlaps(np.eye(4, dtype=np.float32), SCORES, 3),
    ),
    Case(
        "image.non_max_suppression_overlaps",
        lambda tf: tf.image.non_max_suppression_overlaps(
            0.6 * np.ones((4, 4), np.float32), SCORES, 3
        ),
    ),
    Case(
        "image.non_max_suppression_overlaps",
        lambda tf: tf.image.non_max_suppression_overlaps(
            np.eye(4, dtype=np.float32), SCORES, 4, 0.5, 0.65
        ),
    ),
    bad(
        "image.non_max_suppression_overlaps",
        lambda tf: tf.image.non_max_suppression_overlaps(np.eye(3, dtype=np.float32), SCORES, 3),
    ),
    Case(
        "image.combined_non_max_suppression",
        lambda tf: tf.image.combined_non_max_suppression(
            np.array(BOXES, np.float32)[None, :, None],
            np.array(SCORES, np.float32)[None, :, None],
            3,
            3,
        ),
    ),
    Case(
        "image.combined_non_max_suppression",
        lambda tf: tf.image.combined_non_max_suppression(
            np.array(BOXES, np.float32)[None, :, None] * 1.2, wave(1, 4, 2), 2, 6, clip_boxes=False
        ),
    ),
    Case(
        "image.combined_non_max_suppression",
        lambda tf: tf.image.combined_non_max_suppression(
            np.array(BOXES, np.float32)[None, :, None],
            wave(1, 4, 2),
            2,
            6,
            0.9,
            0.0,
            pad_per_class=True,
        ),
    ),
    Case(
        "image.draw_bounding_boxes",
        lambda tf: tf.image.draw_bounding_boxes(BATCH, np.stack([CROPS, CROPS]), [[1.0, 0.0, 0.5]]),
    ),
    Case(
        "image.draw_bounding_boxes",
        lambda tf: tf.image.draw_bounding_boxes(BATCH, np.stack([CROPS, CROPS]), None),
    ),
    Case(
        "image.draw_bounding_boxes",
        lambda tf: tf.image.draw_bounding_boxes(
            zeros(1, 9, 9, 4),
            np.array(BOXES, np.float32)[None],
            [[1.0, 0.0, 0.5, 1.0], [0.2, 0.3, 0.4, 0.5]],
        ),
    ),
    bad(
        "image.draw_bounding_boxes",
        lambda tf: tf.image.draw_bounding_boxes(PHOTO, CROPS[None], None),
    ),
    bad(
        "image.draw_bounding_boxes",
        lambda tf: tf.image.draw_bounding_boxes(tf.constant(PIXELS[None]), CROPS[None], None),
    ),
]

TWO = np.stack([PHOTO, PHOTO[::-1], PHOTO, PHOTO[::-1]])
# Arguments besides the image, and calls that must fail.
RANDOM = {
    "random_flip_left_right": ((), [lambda image, f, **s: f(image[0], **s)]),
    "random_flip_up_down": ((), [lambda image, f, **s: f(image[0], **s)]),
    "random_brightness": ((0.3,), [lambda image, f, **s: f(image, -1.0, **s)]),
    "random_contrast": (
        (0.2, 1.8),
        [
            lambda image, f, **s: f(image, 2.0, 1.0, **s),
            lambda image, f, **s: f(image, -2.0, 1.0, **s),
        ],
    ),
    "random_saturation": (
        (0.2, 1.8),
        [
            lambda image, f, **s: f(image, 2.0, 1.0, **s),
            lambda image, f, **s: f(image, -2.0, 1.0, **s),
        ],
    ),
    "random_hue": (
        (0.4,),
        [lambda image, f, **s: f(image, 0.6, **s), lambda image, f, **s: f(image, -0.1, **s)],
    ),
    "random_crop": (
        ([2, 3, 3],),
        [
            lambda image, f, **s: f(image, [9, 3, 3], **s),
            lambda image, f, **s: f(image, [1.5, 3, 3], **s),
        ],
    ),
}


def random_cases():
    for name, (arguments, wrong) in RANDOM.items():
        for seed in (1, 2, 3):

            def stateful(tf, n=name, a=arguments, s=seed):
                tf.random.set_seed(5)
                return getattr(tf.image, n)(PHOTO, *a, seed=s)

            def stateless(tf, n="stateless_" + name, a=arguments, s=seed):
                return getattr(tf.image, n)(PHOTO, *a, seed=(s, 7))

            yield Case("image." + name, stateful, atol=2e-6)
            yield Case("image.stateless_" + name, stateless, atol=2e-6)
        for call in wrong:
            yield bad(
                "image." + name, lambda tf, n=name, c=call: c(PHOTO, getattr(tf.image, n), seed=1)
            )
            yield bad(
                "image.stateless_" + name,
                lambda tf, n=name, c=call: c(
                    PHOTO, getattr(tf.image, "stateless_" + n), seed=(1, 2)
                ),
            )
    for name in ("random_flip_left_right", "random_flip_up_down"):
        yield Case(
            "image.stateless_" + name,
            lambda tf, n=name: getattr(tf.image, "stateless_" + n)(TWO, seed=(3, 4)),
        )

        def batch(tf, n=name):
            tf.random.set_seed(9)
            return getattr(tf.image, n)(TWO)

        yield Case("image." + name, batch)
    for prefix, seed in (("", 1), ("stateless_", (1, 2))):
        name = prefix + "random_jpeg_quality"
        yield Case(
            "image." + name,
            lambda tf, n=name, s=seed: getattr(tf.image, n)(tf.ones([8, 8, 3]), 50, 90, seed=s),
            atol=0.01,
        )
        yield Case(
            "image." + name,
            lambda tf, n=name, s=seed: (
                getattr(tf.image, n)(tf.zeros([8, 8, 1], tf.uint8), 50, 90, seed=s) < 3
            ),
        )
        yield Case(
            "image." + name,
            lambda tf, n=name, s=seed: getattr(tf.image, n)(PIXELS, 50, 90, seed=s).shape,
        )
        yield bad(
            "image." + name, lambda tf, n=name, s=seed: getattr(tf.image, n)(PIXELS, 90, 80, seed=s)
        )
        yield bad(
            "image." + name, lambda tf, n=name, s=seed: getattr(tf.image, n)(PIXELS, -1, 80, seed=s)
        )


NOISE = (127 + 127 * wave(9, 11, 3)).astype(np.uint8)
DEEP = (32767 + 32767 * wave(5, 4, 3)).astype(np.uint16)


def png_cases():
    for image in (NOISE, DEEP):
        for depth in (1, 2, 3, 4):
            pixels = np.concatenate([image, image[::-1]], axis=-1)[..., :depth]
            for channels in (0, 1, 3, 4):
                for dtype in ("uint8", "uint16"):

                    def value(tf, p=pixels, c=channels, d=dtype):
                        return tf.io.decode_png(tf.io.encode_png(p), channels=c, dtype=d)

                    if depth != 2:
                        yield Case("image.decode_png", value)
            for level in (-1, 0, 9):
                yield Case(
                    "image.encode_png",
                    lambda tf, p=pixels, k=level: (
                        tf.io.decode_png(tf.io.encode_png(p, k), channels=4, dtype=p.dtype)
                        if p.shape[-1] != 2
                        else tf.strings.substr(tf.io.encode_png(p, k), 0, 26)
                    ),
                )


def chunk(kind, body):
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


def png_file(width, height, depth, color, lines, *more, interlaced=0):
    """A file put together by hand; `lines` are the rows with their filters in front."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    parts = (
        chunk(b"IHDR", header),
        *more,
        chunk(b"IDAT", zlib.compress(lines)),
        chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PALETTE = chunk(b"PLTE", bytes(range(12)))
FILTERED = b"".join(
    bytes([k % 5]) + bytes((7 * k + 3 * i) % 256 for i in range(12)) for k in range(10)
)
RARE = {
    "filters": png_file(4, 10, 8, 2, FILTERED),
    "palette": png_file(3, 2, 2, 3, b"\0\x1b\0\xe4", PALETTE),
    "palette with alpha": png_file(
        3, 2, 2, 3, b"\0\x1b\0\xe4", PALETTE, chunk(b"tRNS", b"\x05\x80")
    ),
    "one bit": png_file(9, 2, 1, 0, b"\0\xa5\x80\1\x5a\0"),
    "colour key": png_file(2, 1, 8, 2, b"\0\1\2\3\4\5\6", chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "interlaced": png_file(2, 2, 8, 0, b"\0\x10\0\x20\0\x30\x40", interlaced=1),
}


def rare_png_cases():
    for name, file in RARE.items():
        for channels in (0, 1, 4):

            def value(tf, f=file, c=channels):
                return tf.io.decode_png(f, channels=c)

            yield Case("image.decode_png", value, id=f"{name} {channels}")


FILES = [
    *rare_png_cases(),
    *png_cases(),
    Case("image.encode_png", lambda tf: tf.io.encode_png(np.stack([NOISE, NOISE])).shape),
    bad("image.encode_png", lambda tf: tf.io.encode_png(tf.ones([2, 2], tf.uint8))),
    bad("image.encode_png", lambda tf: tf.io.encode_png(tf.ones([2, 2, 5], tf.uint8))),
    bad("image.encode_png", lambda tf: tf.io.encode_png(tf.ones([2, 2, 3]))),
    bad("image.decode_png", lambda tf: tf.io.decode_png(b"abc")),
    bad("image.decode_png", lambda tf: tf.io.decode_png(tf.io.encode_png(NOISE), channels=2)),
    bad("image.decode_png", lambda tf: tf.io.decode_png(tf.io.encode_png(NOISE), dtype=tf.float32)),
    bad("image.decode_png", lambda tf: tf.io.decode_png([b"a"])),
    bad("image.decode_png", lambda tf: tf.io.decode_png(tf.io.encode_png(NOISE).numpy()[:60])),
    Case("image.decode_image", lambda tf: tf.io.decode_image(tf.io.encode_png(NOISE))),
    Case(
        "image.decode_image",
        lambda tf: tf.io.decode_image(tf.io.encode_png(NOISE), dtype=tf.float32),
    ),
    Case(
        "image.decode_image",
        lambda tf: tf.io.decode_image(
            tf.io.encode_png(NOISE), channels=4, dtype=tf.uint16, expand_animations=False
        ),
    ),
    Case("image.decode_image", lambda tf: tf.io.decode_image(tf.io.encode_jpeg(NOISE)).shape),
    bad("image.decode_image", lambda tf: tf.io.decode_image(b"abc")),
    bad("image.decode_image", lambda tf: tf.io.decode_image(tf.io.encode_png(NOISE), channels=7)),
    Case(
        "image.decode_jpeg",
        lambda tf: tf.io.decode_jpeg(
            tf.io.encode_jpeg(tf.fill([16, 16, 3], tf.constant(100, tf.uint8)), quality=100)
        ),
    ),
    Case(
        "image.decode_jpeg",
        lambda tf: tf.io.decode_jpeg(
            tf.io.encode_jpeg(tf.fill([16, 16, 3], tf.constant(100, tf.uint8))), channels=1
        ),
    ),
    Case(
        "image.decode_jpeg",
        lambda tf: tf.io.decode_jpeg(tf.io.encode_jpeg(tf.zeros([16, 12, 3], tf.uint8)), ratio=2),
    ),
    Case("image.decode_jpeg", lambda tf: tf.io.decode_jpeg(tf.io.encode_jpeg(NOISE)).shape),
    Case("image.decode_jpeg", lambda tf: tf.io.decode_jpeg(tf.io.encode_png(NOISE))),
    bad("image.decode_jpeg", lambda tf: tf.io.decode_jpeg(b"abc")),
    bad("image.decode_jpeg", lambda tf: tf.io.decode_jpeg(b"\xff\xd8\xff\xe0abc")),
    bad("image.decode_jpeg", lambda tf: tf.io.decode_jpeg(tf.io.encode_jpeg(NOISE), ratio=3)),
    Case("image.encode_jpeg", lambda tf: tf.strings.substr(tf.io.encode_jpeg(NOISE), 0, 4)),
    Case(
        "image.encode_jpeg",
        lambda tf: (
            tf.io.decode_jpeg(
                tf.io.encode_jpeg(NOISE[..., :1], format="grayscale", quality=50)
            ).shape
        ),
    ),
    Case(
        "image.encode_jpeg",
        lambda tf: (
            tf.io.decode_jpeg(
                tf.io.encode_jpeg(
                    NOISE, progressive=True, optimize_size=True, chroma_downsampling=False
                )
            ).shape
        ),
    ),
    bad("image.encode_jpeg", lambda tf: tf.io.encode_jpeg(tf.ones([2, 2, 4], tf.uint8))),
    bad("image.encode_jpeg", lambda tf: tf.io.encode_jpeg(NOISE, quality=150)),
    bad("image.encode_jpeg", lambda tf: tf.io.encode_jpeg(NOISE, format="grayscale")),
    Case("image.is_jpeg", lambda tf: tf.io.is_jpeg(tf.io.encode_jpeg(NOISE))),
    Case("image.is_jpeg", lambda tf: tf.io.is_jpeg(tf.io.encode_png(NOISE))),
    Case("image.is_jpeg", lambda tf: tf.io.is_jpeg(b"")),
    Case("image.extract_jpeg_shape", lambda tf: tf.io.extract_jpeg_shape(tf.io.encode_jpeg(NOISE))),
    Case(
        "image.extract_jpeg_shape",
        lambda tf: tf.io.extract_jpeg_shape(tf.io.encode_jpeg(NOISE[..., :1]), tf.int64),
    ),
    bad("image.extract_jpeg_shape", lambda tf: tf.io.extract_jpeg_shape(b"abc")),
    Case(
        "image.adjust_jpeg_quality",
        lambda tf: tf.image.adjust_jpeg_quality(tf.zeros([8, 8, 3], tf.uint8), 50),
        atol=1,
    ),
    Case(
        "image.adjust_jpeg_quality",
        lambda tf: tf.image.adjust_jpeg_quality(tf.ones([8, 8, 3]), 50),
        atol=0.01,
    ),
    Case(
        "image.adjust_jpeg_quality",
        lambda tf: tf.image.adjust_jpeg_quality(NOISE, tf.constant(50)).shape,
    ),
    bad("image.adjust_jpeg_quality", lambda tf: tf.image.adjust_jpeg_quality(NOISE, 150)),
]

SOUND = (1.3 * wave(6, 2)).astype(np.float32)

WAV = [
    Case("audio.encode_wav", lambda tf: tf.audio.encode_wav(SOUND, 8000)),
    Case("audio.encode_wav", lambda tf: tf.audio.encode_wav(SOUND[:, :1], tf.constant(44100))),
    Case("audio.encode_wav", lambda tf: tf.audio.encode_wav([[0.0], [1.0], [-1.0]], 16000)),
    bad("audio.encode_wav", lambda tf: tf.audio.encode_wav(tf.ones([3]), 8000)),
    bad("audio.encode_wav", lambda tf: tf.audio.encode_wav(tf.ones([3, 1], tf.float64), 8000)),
    Case("audio.decode_wav", lambda tf: tf.audio.decode_wav(tf.audio.encode_wav(SOUND, 8000))),
    Case(
        "audio.decode_wav", lambda tf: tf.audio.decode_wav(tf.audio.encode_wav(SOUND, 8000), 1, 3)
    ),
    Case(
        "audio.decode_wav", lambda tf: tf.audio.decode_wav(tf.audio.encode_wav(SOUND, 8000), 3, 9)
    ),
    bad("audio.decode_wav", lambda tf: tf.audio.decode_wav(b"abc")),
    bad(
        "audio.decode_wav",
        lambda tf: tf.audio.decode_wav(tf.audio.encode_wav(SOUND, 8000).numpy()[:-3]),
    ),
]

CASES = [*SUPPRESSION, *random_cases(), *FILES, *WAV]

"""An augmentation pipeline: random and stateless image functions with seeds, resizing, cropping."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(27)
    photo = tf.constant(rng.randint(0, 256, size=(20, 24, 3)), tf.uint8)
    tf.random.set_seed(27)

    def augment(image, seed):
        image = tf.image.convert_image_dtype(image, tf.float32)
        image = tf.image.resize_with_crop_or_pad(image, 26, 26)
        new_seed = tf.random.experimental.stateless_split((seed, 0), num=2)[0]
        image = tf.image.stateless_random_crop(image, size=[16, 16, 3], seed=new_seed)
        image = tf.image.stateless_random_flip_left_right(image, (seed, 1))
        image = tf.image.stateless_random_brightness(image, max_delta=0.3, seed=(seed, 2))
        image = tf.image.stateless_random_contrast(image, 0.5, 1.5, seed=(seed, 3))
        image = tf.image.stateless_random_saturation(image, 0.5, 1.5, (seed, 4))
        image = tf.image.stateless_random_hue(image, 0.1, (seed, 5))
        return tf.clip_by_value(image, 0, 1)

    batch = tf.stack([augment(photo, seed) for seed in range(3)])
    older = tf.image.random_flip_up_down(photo, seed=3)
    older = tf.image.random_brightness(older, 0.2, seed=4)
    older = tf.image.random_crop(older, (8, 8, 3), seed=5)
    gray = tf.image.rgb_to_grayscale(photo)
    standard = tf.image.per_image_standardization(photo)
    return {
        "batch": batch[:, ::5, ::5],
        "older": older,
        "gray": gray[0],
        "standard": tf.reduce_max(standard),
        "bilinear": tf.image.resize(photo, (4, 5)),
        "nearest": tf.image.resize(photo, (4, 5), method="nearest"),
        "bicubic": tf.image.resize(photo, (4, 5), method=tf.image.ResizeMethod.BICUBIC),
        "rotated": tf.image.rot90(photo, k=1)[0, :3],
        "central": tf.image.central_crop(photo, 0.5).shape,
        "padded": tf.image.pad_to_bounding_box(photo, 1, 2, 24, 30)[1, 2],
        "hsv": tf.image.rgb_to_hsv(tf.cast(photo, tf.float32) / 255.0)[0, 0],
        "gamma": tf.image.adjust_gamma(tf.image.convert_image_dtype(photo, tf.float32), 2.0)[3, 3],
        "ssim": tf.image.ssim(photo, tf.image.flip_left_right(photo), 255),
        "boxes": tf.image.crop_and_resize(
            tf.cast(photo[None], tf.float32), [[0.1, 0.2, 0.6, 0.9]], [0], (3, 3)
        ),
        "kept": tf.image.non_max_suppression(
            [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [2.0, 2.0, 3.0, 3.0]], [0.9, 0.8, 0.7], 3
        ),
    }

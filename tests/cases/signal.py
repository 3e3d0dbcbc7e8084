"""tf.signal: Fourier and cosine transforms, frames, windows, spectrograms."""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad
from cases.linalg import complex_wave, gradient, grid, second, wave

X = wave(5)
S = "signal."
WINDOWS = (
    "hann_window",
    "hamming_window",
    "kaiser_window",
    "kaiser_bessel_derived_window",
    "vorbis_window",
)


def window_cases():
    for name in WINDOWS:
        for length in (1, 2, 5, 6, 32):
            if name == "kaiser_bessel_derived_window" and length == 1:
                continue
            yield Case(S + name, lambda tf, n=name, k=length: getattr(tf.signal, n)(k), atol=2e-6)
        yield Case(
            S + name, lambda tf, n=name: getattr(tf.signal, n)(4, dtype=tf.float64), rtol=1e-6
        )
        yield bad(S + name, lambda tf, n=name: getattr(tf.signal, n)(4, dtype=tf.int32))
        yield bad(S + name, lambda tf, n=name: getattr(tf.signal, n)([4]))
        yield bad(S + name, lambda tf, n=name: getattr(tf.signal, n)(-4))


def transform_cases():
    for rank, suffix in ((1, ""), (2, "2d"), (3, "3d")):
        shape = (2, 3, 4, 3)[-rank - 1 :]
        for base in ("fft", "ifft"):
            name = base + suffix
            yield Case(
                S + name, lambda tf, n=name, s=shape: getattr(tf.signal, n)(complex_wave(*s))
            )
            yield Case(
                S + name,
                lambda tf, n=name, s=shape: getattr(tf.signal, n)(
                    complex_wave(*s, dtype=np.complex64)
                ),
            )
            yield Case(
                S + name,
                lambda tf, n=name, s=shape: gradient(tf, getattr(tf.signal, n), complex_wave(*s)),
            )
            yield bad(S + name, lambda tf, n=name, s=shape: getattr(tf.signal, n)(tf.ones(s)))
            yield bad(
                S + name,
                lambda tf, n=name, r=rank: getattr(tf.signal, n)(
                    tf.ones([2] * (r - 1), tf.complex64)
                ),
            )
        name = "rfft" + suffix
        for dtype in (np.float32, np.float64):
            yield Case(
                S + name,
                lambda tf, n=name, s=shape, d=dtype: getattr(tf.signal, n)(wave(*s, dtype=d)),
            )
        for sizes in ([5, 5, 8], [2, 3, 2]):
            lengths = sizes[-rank:]
            yield Case(
                S + name, lambda tf, n=name, s=shape, z=lengths: getattr(tf.signal, n)(wave(*s), z)
            )
        if rank < 3:  # TensorFlow has no gradient of the others
            yield Case(
                S + name,
                lambda tf, n=name, s=shape: gradient(
                    tf, getattr(tf.signal, n), wave(*s, dtype=np.float64)
                ),
            )
        yield bad(
            S + name, lambda tf, n=name, r=rank: getattr(tf.signal, n)(tf.ones([2] * (r - 1)))
        )
        yield bad(S + name, lambda tf, n=name, s=shape: getattr(tf.signal, n)(tf.ones(s, tf.int32)))
        inverse = "irfft" + suffix
        for lengths in (None, list(shape[1:-1]) + [4], list(shape[1:-1]) + [3], [6, 6, 9][-rank:]):

            def roundtrip(tf, n=name, i=inverse, s=shape, z=lengths):
                return getattr(tf.signal, i)(getattr(tf.signal, n)(wave(*s[:-1], 4)), z)

            yield Case(S + inverse, roundtrip)

        def slope(tf, i=inverse, s=shape):
            return gradient(tf, getattr(tf.signal, i), complex_wave(*s))

        if rank < 3:
            yield Case(S + inverse, slope)
        yield bad(S + inverse, lambda tf, n=inverse, s=shape: getattr(tf.signal, n)(tf.ones(s)))


def cosine_cases():
    for kind in (1, 2, 3, 4):
        for norm in (None, "ortho"):
            if kind == 1 and norm:
                continue
            for name in ("dct", "idct"):
                yield Case(
                    S + name,
                    lambda tf, n=name, k=kind, m=norm: getattr(tf.signal, n)(wave(2, 6), k, norm=m),
                )
            yield Case(
                S + "dct",
                lambda tf, k=kind, m=norm: gradient(
                    tf, lambda x: tf.signal.dct(x, k, norm=m), wave(6, dtype=np.float64)
                ),
            )
        yield Case(S + "dct", lambda tf, k=kind: tf.signal.dct(wave(5, dtype=np.float64), k, n=3))
        yield Case(S + "dct", lambda tf, k=kind: tf.signal.dct(X, k, n=8))


OTHERS = [
    bad(S + "dct", lambda tf: tf.signal.dct(X, 5)),
    bad(S + "dct", lambda tf: tf.signal.dct(X, norm="x")),
    bad(S + "dct", lambda tf: tf.signal.dct(X, 1, norm="ortho")),
    bad(S + "dct", lambda tf: tf.signal.dct(tf.ones([2, 2]), axis=0)),
    bad(S + "dct", lambda tf: tf.signal.dct(tf.ones([2, 2], tf.float16))),
    bad(S + "idct", lambda tf: tf.signal.idct(X, 5)),
    Case(S + "rfft", lambda tf: tf.signal.rfft([1, 2, 3])),
    Case(
        S + "rfft",
        lambda tf: second(tf, lambda x: tf.abs(tf.signal.rfft(x)), wave(6, dtype=np.float64)),
        rtol=1e-8,
    ),
    bad(S + "rfft", lambda tf: tf.signal.rfft(X, 3)),
    Case(S + "fftshift", lambda tf: tf.signal.fftshift(tf.range(5))),
    Case(S + "fftshift", lambda tf: tf.signal.fftshift(grid(2, 3), axes=1)),
    Case(S + "fftshift", lambda tf: tf.signal.fftshift(grid(2, 3), axes=[0, 1])),
    Case(S + "fftshift", lambda tf: tf.signal.fftshift(grid(4, 3))),
    Case(S + "ifftshift", lambda tf: tf.signal.ifftshift(tf.range(5))),
    Case(S + "ifftshift", lambda tf: tf.signal.ifftshift(grid(4, 3))),
    Case(S + "ifftshift", lambda tf: tf.signal.ifftshift(grid(4, 3), axes=-1)),
    Case(S + "frame", lambda tf: tf.signal.frame(X, 3, 2)),
    Case(S + "frame", lambda tf: tf.signal.frame(X, 3, 2, pad_end=True, pad_value=-1)),
    Case(S + "frame", lambda tf: tf.signal.frame(grid(2, 5, 2), 3, 2, axis=1)),
    Case(S + "frame", lambda tf: tf.signal.frame(grid(5, 2), 3, 1, pad_end=True, axis=0)),
    Case(S + "frame", lambda tf: tf.signal.frame(X, 7, 1)),
    Case(S + "frame", lambda tf: tf.signal.frame(X, 7, 2, True)),
    Case(S + "frame", lambda tf: tf.signal.frame(tf.range(6), 2, 3)),
    Case(S + "frame", lambda tf: tf.signal.frame(["a", "b", "c"], 2, 1)),
    Case(S + "frame", lambda tf: gradient(tf, lambda x: tf.signal.frame(x, 3, 2), wave(2, 6))),
    Case(
        S + "frame",
        lambda tf: gradient(tf, lambda x: tf.signal.frame(x, 3, 2, True, axis=0), wave(6, 2)),
    ),
    bad(S + "frame", lambda tf: tf.signal.frame(1.0, 3, 2)),
    bad(S + "frame", lambda tf: tf.signal.frame(X, 3, 0)),
    bad(S + "frame", lambda tf: tf.signal.frame(X, 2.5, 1)),
    bad(S + "frame", lambda tf: tf.signal.frame(X, 2, 1, axis=3)),
    Case(S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(grid(3, 4), 2)),
    Case(S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(grid(2, 3, 4), 3)),
    Case(
        S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(grid(3, 4, dtype=np.int32), 6)
    ),
    Case(
        S + "overlap_and_add",
        lambda tf: gradient(tf, lambda x: tf.signal.overlap_and_add(x, 2), wave(3, 5)),
    ),
    bad(S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(tf.ones([4]), 1)),
    bad(S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(tf.ones([3, 4]), 1.0)),
    bad(S + "overlap_and_add", lambda tf: tf.signal.overlap_and_add(tf.ones([3, 4], tf.bool), 1)),
    Case(S + "stft", lambda tf: tf.signal.stft(wave(16), 4, 2)),
    Case(
        S + "stft",
        lambda tf: tf.signal.stft(wave(2, 16, dtype=np.float64), 5, 2, pad_end=True),
        rtol=1e-8,
    ),
    Case(S + "stft", lambda tf: tf.signal.stft(wave(16), 4, 2, fft_length=2)),
    Case(S + "stft", lambda tf: tf.signal.stft(wave(16), 4, 2, fft_length=16, window_fn=None)),
    Case(S + "stft", lambda tf: tf.signal.stft(wave(16), 4, 2, window_fn=tf.signal.hamming_window)),
    Case(
        S + "stft",
        lambda tf: gradient(
            tf, lambda x: tf.abs(tf.signal.stft(x, 4, 2)), wave(16, dtype=np.float64)
        ),
    ),
    bad(S + "stft", lambda tf: tf.signal.stft(1.0, 4, 2)),
    bad(S + "stft", lambda tf: tf.signal.stft(tf.range(16), 4, 2)),
    Case(
        S + "inverse_stft", lambda tf: tf.signal.inverse_stft(tf.signal.stft(wave(16), 4, 2), 4, 2)
    ),
    Case(
        S + "inverse_stft",
        lambda tf: tf.signal.inverse_stft(
            tf.signal.stft(wave(16), 4, 2), 4, 2, window_fn=tf.signal.inverse_stft_window_fn(2)
        ),
    ),
    Case(
        S + "inverse_stft", lambda tf: tf.signal.inverse_stft(tf.signal.stft(wave(16), 3, 2), 3, 2)
    ),
    Case(
        S + "inverse_stft",
        lambda tf: tf.signal.inverse_stft(
            tf.signal.stft(wave(16), 4, 2, 8), 4, 2, 8, window_fn=None
        ),
    ),
    Case(
        S + "inverse_stft", lambda tf: tf.signal.inverse_stft(tf.signal.stft(wave(16), 4, 2), 6, 2)
    ),
    Case(
        S + "inverse_stft",
        lambda tf: gradient(tf, lambda x: tf.signal.inverse_stft(x, 4, 2), complex_wave(3, 3)),
        rtol=1e-8,
    ),
    bad(S + "inverse_stft", lambda tf: tf.signal.inverse_stft(tf.ones([3, 3]), 4, 2)),
    Case(
        S + "inverse_stft_window_fn",
        lambda tf: tf.signal.inverse_stft_window_fn(2)(4, dtype=tf.float32),
    ),
    Case(
        S + "inverse_stft_window_fn",
        lambda tf: tf.signal.inverse_stft_window_fn(3)(8, dtype=tf.float64),
        rtol=1e-8,
    ),
    Case(
        S + "inverse_stft_window_fn",
        lambda tf: tf.signal.inverse_stft_window_fn(2, tf.signal.hamming_window)(
            6, dtype=tf.float32
        ),
    ),
    Case(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100.0, 3000.0),
        rtol=1e-4,
        atol=2e-5,
    ),
    Case(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(),
        rtol=1e-4,
        atol=2e-5,
    ),
    Case(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(40, 257, 16000, 20.0, 8000.0, tf.float64),
    ),
    bad(S + "linear_to_mel_weight_matrix", lambda tf: tf.signal.linear_to_mel_weight_matrix(0, 9)),
    bad(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100, 50),
    ),
    bad(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, -1, 50),
    ),
    bad(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100.0, 5000.0),
    ),
    bad(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, -8000, 100.0, 3000.0),
    ),
    bad(
        S + "linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, 9, dtype=tf.int32),
    ),
    Case(
        S + "mfccs_from_log_mel_spectrograms",
        lambda tf: tf.signal.mfccs_from_log_mel_spectrograms(wave(2, 8)),
        atol=1e-5,
    ),
    Case(
        S + "mfccs_from_log_mel_spectrograms",
        lambda tf: tf.signal.mfccs_from_log_mel_spectrograms(wave(2, 3, 20, dtype=np.float64)),
    ),
    Case(
        S + "mfccs_from_log_mel_spectrograms",
        lambda tf: gradient(
            tf, tf.signal.mfccs_from_log_mel_spectrograms, wave(2, 8, dtype=np.float64)
        ),
    ),
    bad(
        S + "mfccs_from_log_mel_spectrograms",
        lambda tf: tf.signal.mfccs_from_log_mel_spectrograms([1, 2]),
    ),
    Case(S + "mdct", lambda tf: tf.signal.mdct(wave(16), 4), atol=1e-5),
    Case(
        S + "mdct",
        lambda tf: tf.signal.mdct(wave(2, 16), 8, window_fn=None, norm="ortho"),
        atol=1e-5,
    ),
    Case(S + "mdct", lambda tf: tf.signal.mdct(wave(16), 8, window_fn=None), atol=1e-5),
    Case(
        S + "mdct",
        lambda tf: tf.signal.mdct(wave(14, dtype=np.float64), 8, pad_end=True),
        rtol=1e-6,
    ),
    bad(S + "mdct", lambda tf: tf.signal.mdct(wave(16), 6)),
    Case(
        S + "inverse_mdct",
        lambda tf: tf.signal.inverse_mdct(tf.signal.mdct(wave(16), 4)),
        atol=1e-5,
    ),
    Case(
        S + "inverse_mdct",
        lambda tf: tf.signal.inverse_mdct(tf.signal.mdct(wave(16), 8, norm="ortho"), norm="ortho"),
        atol=1e-5,
    ),
    Case(
        S + "inverse_mdct", lambda tf: tf.signal.inverse_mdct(wave(3, 4), window_fn=None), atol=1e-5
    ),
]

CASES = [*window_cases(), *transform_cases(), *cosine_cases(), *OTHERS]

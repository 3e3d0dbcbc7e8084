"""Signal processing: a tone is fitted through a multi-resolution spectrogram loss; mel, MFCC."""

import numpy as np


def program(tf):
    rate, length = 1000, 512
    t = tf.range(length, dtype=tf.float32) / rate
    target = tf.sin(2 * np.pi * 120.0 * t) + 0.5 * tf.sin(2 * np.pi * 240.0 * t)

    def log_spectrum(signal, frame):
        stft = tf.signal.stft(signal, frame_length=frame, frame_step=frame // 2)
        return tf.math.log(tf.abs(stft) + 1e-2)

    amplitudes = tf.Variable([0.2, 0.2, 0.2])
    harmonics = tf.stack([tf.sin(2 * np.pi * 120.0 * k * t) for k in (1.0, 2.0, 3.0)])
    optimizer = tf.compat.v1.train.AdamOptimizer(0.05)
    losses = []
    for _ in range(15):
        with tf.GradientTape() as tape:
            signal = tf.linalg.matvec(harmonics, amplitudes, transpose_a=True)
            loss = tf.add_n(
                [
                    tf.reduce_mean(tf.abs(log_spectrum(signal, n) - log_spectrum(target, n)))
                    for n in (64, 128)
                ]
            )
        optimizer.apply_gradients([(tape.gradient(loss, amplitudes), amplitudes)])
        losses.append(loss)

    stft = tf.signal.stft(target, 128, 64, window_fn=tf.signal.hamming_window)
    inverse = tf.signal.inverse_stft(
        stft, 128, 64, window_fn=tf.signal.inverse_stft_window_fn(64, tf.signal.hamming_window)
    )
    magnitude = tf.abs(stft)
    mel_matrix = tf.signal.linear_to_mel_weight_matrix(10, magnitude.shape[-1], rate, 20.0, 450.0)
    mel = tf.tensordot(magnitude, mel_matrix, 1)
    mfcc = tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(mel + 1e-6))[..., :5]
    spectrum = tf.signal.rfft(target)
    peak = tf.argmax(tf.abs(spectrum))
    kernel = tf.signal.fft(tf.cast([1.0, 2.0, 1.0, 0.0], tf.complex64))
    smooth = tf.math.real(
        tf.signal.ifft(tf.signal.fft(tf.cast([0.0, 1.0, 0.0, 0.0], tf.complex64)) * kernel)
    )
    frames = tf.signal.frame(target, 100, 50, pad_end=True)
    energy = tf.sqrt(tf.reduce_mean(frames**2, axis=-1))
    return tf.stack(losses), amplitudes, inverse[100:110], mel[2], mfcc[3], peak, smooth, energy

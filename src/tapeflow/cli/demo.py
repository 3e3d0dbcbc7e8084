"""`tapeflow demo`: two small trainings with the public API, their epochs and their plots."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from tapeflow.cli.messages import Messages
from tapeflow.cli.progress import ProgressBar

TRUE_W, TRUE_B, POINTS, LINEAR_EPOCHS = 3.0, 2.0, 1000, 10
HIDDEN, CLASSES, BATCH, LEARNING_RATE, TEST_SHARE = 64, 10, 32, 0.1, 5


def demo(folder: Path, epochs: int, messages: Messages) -> int:
    """Trains the tutorial's model and an MLP on scikit-learn's digits; writes plots to `folder`."""
    try:
        import matplotlib.figure  # noqa: F401
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        print(messages("missing_extra", packages=error.name or error), file=sys.stderr)
        return 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(messages("cannot_write", folder=folder, reason=error.strerror), file=sys.stderr)
        return 1

    plots = [
        *train_linear(folder, messages),
        *train_digits(load_digits(), epochs, folder, messages),
    ]
    print("\n" + messages("written"))
    for plot in plots:
        print(f"  {plot}")
    return 0


def train_linear(folder: Path, messages: Messages) -> list[Path]:
    """The tutorial: fits W and b of a noisy line by gradient descent."""
    import tapeflow as tf

    print(messages("linear_title"))
    tf.random.set_seed(0)
    inputs = tf.random.normal([POINTS])
    outputs = inputs * TRUE_W + TRUE_B + tf.random.normal([POINTS])
    w, b = tf.Variable(5.0), tf.Variable(0.0)

    before = w * inputs + b
    history = []
    for epoch in range(LINEAR_EPOCHS):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * inputs + b - outputs))
        history.append((float(w), float(b)))
        print(messages("linear_epoch", epoch=epoch, w=w.numpy(), b=b.numpy(), loss=loss.numpy()))
        slope_w, slope_b = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * slope_w)
        b.assign_sub(0.1 * slope_b)

    data, axes = new_figure()
    axes.scatter(inputs, outputs, c="b", s=8, label="data")
    axes.scatter(inputs, before, c="r", s=8, label="model before training")
    axes.scatter(inputs, w * inputs + b, c="g", s=8, label="model after training")
    axes.legend()
    training, axes = new_figure()
    ws, bs = zip(*history, strict=True)
    axes.plot(ws, "r", bs, "b")
    axes.plot([TRUE_W] * len(ws), "r--", [TRUE_B] * len(bs), "b--")
    axes.legend(["W", "b", "true W", "true b"])
    axes.set_xlabel("epoch")
    return [
        save(data, folder / "linear-data.png"),
        save(training, folder / "linear-training.png"),
    ]


class Classifier:
    """Images `[batch, pixels]` to logits `[batch, classes]`, through one hidden layer."""

    def __init__(self, pixels: int) -> None:
        import tapeflow as tf

        self.w1 = tf.Variable(tf.random.normal([pixels, HIDDEN], stddev=(2 / pixels) ** 0.5))
        self.b1 = tf.Variable(tf.zeros([HIDDEN]))
        self.w2 = tf.Variable(tf.random.normal([HIDDEN, CLASSES], stddev=(2 / HIDDEN) ** 0.5))
        self.b2 = tf.Variable(tf.zeros([CLASSES]))
        self.variables = [self.w1, self.b1, self.w2, self.b2]

    def __call__(self, images: Any) -> Any:
        import tapeflow as tf

        hidden = tf.nn.relu(tf.matmul(images, self.w1) + self.b1)
        return tf.matmul(hidden, self.w2) + self.b2


def train_digits(digits: Any, epochs: int, folder: Path, messages: Messages) -> list[Path]:
    """Stochastic gradient descent on 8x8 images of handwritten digits."""
    import tapeflow as tf

    images = tf.constant(digits.data / 16.0, dtype=tf.float32)
    labels = tf.constant(digits.target, dtype=tf.int32)
    order = tf.random.shuffle(tf.range(len(labels)))
    images, labels = tf.gather(images, order), tf.gather(labels, order)
    test = len(labels) // TEST_SHARE
    test_images, test_labels = images[:test], labels[:test]
    images, labels = images[test:], labels[test:]
    steps = len(labels) // BATCH
    print("\n" + messages("digits_title", total=len(labels) + test, train=len(labels), test=test))

    model = Classifier(images.shape[1])
    losses, accuracies = [], []
    seconds = 0.0
    bar = ProgressBar(epochs * steps)
    for epoch in range(epochs):
        order = tf.random.shuffle(tf.range(len(labels)))
        epoch_loss = 0.0
        started = time.perf_counter()
        for step in range(steps):
            batch = order[step * BATCH : (step + 1) * BATCH]
            epoch_loss += train_step(model, tf.gather(images, batch), tf.gather(labels, batch))
            bar.advance()
        seconds += time.perf_counter() - started
        predicted = tf.argmax(model(test_images), axis=1, output_type=tf.int32)
        hits = tf.cast(tf.equal(predicted, test_labels), tf.float32)
        losses.append(epoch_loss / steps)
        accuracies.append(float(tf.reduce_mean(hits)))
        bar.print(messages("digits_epoch", epoch=epoch, loss=losses[-1], accuracy=accuracies[-1]))
    bar.clear()
    count = epochs * steps
    print(messages("steps", count=count, seconds=seconds, micros=1e6 * seconds / count))

    training, axes = new_figure()
    axes.plot(losses, "b", label="training loss")
    axes.plot(accuracies, "g", label="test accuracy")
    axes.set_xlabel("epoch")
    axes.legend()
    return [
        save(training, folder / "digits-training.png"),
        save(
            draw_predictions(test_images, predicted, test_labels),
            folder / "digits-predictions.png",
        ),
    ]


def train_step(model: Classifier, images: Any, labels: Any) -> float:
    """One step of gradient descent; returns the batch's mean loss."""
    import tapeflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=model(images))
        )
    gradients = tape.gradient(loss, model.variables)
    for variable, gradient in zip(model.variables, gradients, strict=True):
        variable.assign_sub(LEARNING_RATE * gradient)
    return float(loss)


def draw_predictions(images: Any, predicted: Any, labels: Any) -> Any:
    """The first 24 test images under the digit that the model sees; mistakes in red."""
    figure, grid = new_figure(3, 8)
    for axes, image, guess, label in zip(grid.flat, images, predicted, labels, strict=False):
        axes.imshow(image.numpy().reshape(8, 8), cmap="gray_r")
        axes.set_title(str(int(guess)), color="black" if guess == label else "red")
        axes.axis("off")
    return figure


def new_figure(rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A figure of its own, outside pyplot: no window system, no global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    return figure, figure.subplots(rows, columns)


def save(figure: Any, path: Path) -> Path:
    """Writes a PNG; returns its path."""
    figure.savefig(path, dpi=120)
    return path

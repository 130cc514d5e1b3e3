"""NumPy, one sample a step: one hidden layer, softmax, mean squared error and plain gradient descent.

Weights are stored (fan_out, fan_in), so that the rank-1 update's inner loop runs over 784 numbers and not 20.
"""

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run


def setup(task: Task) -> Run:
    (weights, bias), (weights_2, bias_2) = task.parameters
    w1, b1 = np.array(weights.T, order="C"), bias[0].copy()
    w2, b2 = np.array(weights_2.T, order="C"), bias_2[0].copy()
    hidden_size, classes = len(b1), len(b2)
    step1, step2 = np.empty_like(w1), np.empty_like(w2)
    hidden, hidden_error = np.empty_like(b1), np.empty_like(b1)
    active = np.empty(hidden_size, dtype=bool)
    output, error = np.empty_like(b2), np.empty_like(b2)
    # The same memory as a column, which the rank-1 products need.
    hidden_row, hidden_error_column, error_column = hidden[None], hidden_error[:, None], error[:, None]
    w2_transposed = w2.T
    x = task.x.reshape(len(task.x), 1, -1)
    # Learning rate and the loss' factor 2/classes in one number.
    rate = np.float32(2 * task.learning_rate / classes)

    def reset() -> None:
        w1[...], b1[...] = weights.T, bias[0]
        w2[...], b2[...] = weights_2.T, bias_2[0]

    def run() -> list[float]:
        dot, add, subtract, multiply = np.dot, np.add, np.subtract, np.multiply
        maximum, greater, exp = np.maximum, np.greater, np.exp
        # The reductions without np.max's and np.sum's Python wrappers.
        largest, total = np.maximum.reduce, np.add.reduce
        losses = []
        for _ in range(task.epochs):
            squares = 0.0
            for row, y_true in zip(x, task.y, strict=True):
                dot(w1, row[0], out=hidden)
                add(hidden, b1, out=hidden)
                maximum(hidden, 0, out=hidden)

                dot(w2, hidden, out=output)
                add(output, b2, out=output)
                subtract(output, largest(output), out=output)
                exp(output, out=output)
                multiply(output, 1 / total(output), out=output)

                # Through softmax without its Jacobian: p * (g - g.p), here times the learning rate.
                subtract(output, y_true, out=error)
                squares += float(dot(error, error))
                subtract(error, dot(error, output), out=error)
                multiply(error, output, out=error)
                multiply(error, rate, out=error)

                dot(w2_transposed, error, out=hidden_error)
                greater(hidden, 0, out=active)
                multiply(hidden_error, active, out=hidden_error)

                dot(error_column, hidden_row, out=step2)
                subtract(w2, step2, out=w2)
                subtract(b2, error, out=b2)
                dot(hidden_error_column, row, out=step1)
                subtract(w1, step1, out=w1)
                subtract(b1, hidden_error, out=b1)
            losses.append(squares / (classes * len(x)))
        return losses

    return Run(run, reset)

"""2020: a loss as a class, one with a where and parts of arrays, by TensorFlow's names."""
# compared: values

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential

rng = np.random.RandomState(4)
X = rng.rand(40, 3).astype("float32")
Y = np.stack([X.sum(axis=1), X[:, 0] * 4], axis=1).astype("float32")


class HuberLoss(tf.keras.losses.Loss):
    def __init__(self, threshold=1.0):
        super().__init__()
        self.threshold = threshold

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = tf.abs(error) <= self.threshold
        return tf.where(is_small_error, tf.square(error) / 2, self.threshold * (tf.abs(error) - self.threshold / 2))


def by_columns(y_true, y_pred):
    return tf.square(y_true[:, 0] - y_pred[:, 0]) + 0.5 * tf.abs(y_true[:, 1] - y_pred[:, 1])


values = []
for loss, weights in [(HuberLoss(0.5), None), (by_columns, np.linspace(0, 1, 40))]:
    model = Sequential([Dense(5, activation="relu", input_shape=(3,)), Dense(2)])
    # same weights: model
    model.compile(optimizer=tf.keras.optimizers.RMSprop(0.01), loss=loss)
    history = model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0, sample_weight=weights)
    values.append([history.history["loss"], float(np.sum(model.predict(X, verbose=0)))])

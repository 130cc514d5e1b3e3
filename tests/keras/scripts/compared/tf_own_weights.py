"""2019: layers with weights of their own, within a layer, and as the first of a chain."""
# compared: shapes, losses, predictions

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(2)
X = rng.rand(30, 4).astype("float32")
y = X.sum(axis=1)


class Linear(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True, name="w"
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b


class MLPBlock(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.linear_1 = Linear(6)
        self.linear_2 = Linear(2)

    def build(self, input_shape):
        self.linear_1.build(input_shape)
        self.linear_2.build((None, 6))

    def call(self, inputs):
        return self.linear_2(tf.nn.relu(self.linear_1(inputs)))


model = keras.Sequential([MLPBlock(input_shape=(4,)), keras.layers.Activation("tanh"), Linear(1)])
model.build((None, 4))
# same weights: model
shapes = [list(w.shape) for w in model.get_weights()]
model.compile(keras.optimizers.Adam(0.01), "mse")
losses = model.fit(X, y, epochs=3, verbose=0, shuffle=False).history["loss"]
predictions = model.predict(X[:4], verbose=0)

"""2024: gates, numbers on either side of what layers give, and functions of keras.ops."""
# compared: losses, predictions, again

import keras
import numpy as np
from keras import layers, ops

rng = np.random.RandomState(9)
X = rng.rand(40, 6).astype("float32")
y = X.sum(axis=1, keepdims=True)
inputs = keras.Input((6,))
x = layers.Dense(8, activation="relu")(inputs)
gate = layers.Dense(8, activation="sigmoid")(x)
h = layers.Dense(8, activation="tanh")(x)
mixed = gate * h + (1 - gate) * x
mixed = mixed * 2 - 1
z = -mixed + x / 255.0
z = z**2 + 0.1 * z
pooled = ops.mean(mixed, axis=-1, keepdims=True) + ops.sum(z, axis=1, keepdims=True) / 50.0
kept = ops.maximum(z, 0.2) + ops.minimum(h, 0.5) + ops.abs(h) + ops.exp(-x)
out = layers.Dense(1)(layers.Concatenate()([mixed, z, pooled, kept, inputs * 3 - 1]))
outputs = layers.Rescaling(2.0, offset=1.0)(out)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(keras.optimizers.SGD(0.001), "mse")
losses = model.fit(X, y, epochs=3, batch_size=10, shuffle=False, verbose=0).history["loss"]
predictions = model.predict(X[:5], verbose=0)
chain = keras.Sequential(
    [keras.Input((6,)), layers.Rescaling(0.5), layers.Dense(3, "tanh"), layers.Rescaling(4.0, -1.0), layers.Dense(1)]
)
# same weights: chain
chain.save("chain.keras")
again = keras.models.load_model("chain.keras").predict(X[:5], verbose=0)

"""One number from another: one feature that is no column, and a layer's weights."""

import numpy as np
from tensorflow import keras

celsius = np.array([-40, -10, 0, 8, 15, 22, 38], dtype=float)
fahrenheit = np.array([-40, 14, 32, 46, 59, 72, 100], dtype=float)

l0 = keras.layers.Dense(units=1, input_shape=[1])
model = keras.Sequential([l0])
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(0.1))
history = model.fit(celsius, fahrenheit, epochs=500, verbose=False)
losses = history.history["loss"]
prediction = model.predict(np.array([100.0]))
weights = l0.get_weights()
l0.bias.assign([32.0])
bias = l0.bias.numpy()

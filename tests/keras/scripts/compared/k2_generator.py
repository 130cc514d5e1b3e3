"""2018: a generator of batches, fit_generator, a Sequence-like class, train_on_batch."""
# compared: evaluated

import numpy as np
from keras.layers import Dense
from keras.models import Sequential

rng = np.random.RandomState(13)
X, y = rng.rand(40, 3).astype("float32"), rng.rand(40, 1).astype("float32")


def batches():
    while True:
        for start in range(0, 40, 10):
            yield X[start : start + 10], y[start : start + 10]


model = Sequential([Dense(5, activation="elu", input_shape=(3,)), Dense(1)])
model.compile(optimizer="adamax", loss="mse")
# same weights: model
model.fit_generator(batches(), steps_per_epoch=4, epochs=3, verbose=0)
for start in (0, 10):
    model.train_on_batch(X[start : start + 10], y[start : start + 10])
evaluated = model.evaluate(X, y, verbose=0)

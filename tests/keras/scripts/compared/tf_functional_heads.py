"""2020: two outputs with names, a loss and a weight for each, metrics by name."""
# compared: evaluated, first

import numpy as np
from tensorflow import keras

rng = np.random.RandomState(6)
x = rng.rand(48, 5).astype("float32")
age, kind = x[:, :1] * 10, (x[:, 1] > 0.5).astype("float32")
inputs = keras.Input(shape=(5,), name="face")
shared = keras.layers.Dense(8, activation="relu")(inputs)
shared = keras.layers.BatchNormalization(axis=-1)(shared)
age_out = keras.layers.Dense(1, name="age")(shared)
kind_out = keras.layers.Dense(1, activation="sigmoid", name="kind")(shared)
model = keras.Model(inputs=inputs, outputs=[age_out, kind_out], name="heads")
model.compile(
    optimizer="sgd",
    loss={"age": "mse", "kind": "binary_crossentropy"},
    loss_weights={"age": 0.1, "kind": 1.0},
    metrics={"age": "mae", "kind": "accuracy"},
)
# same weights: model
model.fit(x, {"age": age, "kind": kind}, epochs=3, batch_size=12, verbose=0, shuffle=False)
evaluated = model.evaluate(x, {"age": age, "kind": kind}, verbose=0, return_dict=True)
evaluated = [evaluated[name] for name in ("loss", "age_mae", "kind_accuracy")]
first = [output[:3] for output in model.predict(x)]

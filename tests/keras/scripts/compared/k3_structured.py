"""2023: a table of numbers and categories, lookups, an Embedding and a Concatenate, data as a dict."""
# compared: fitted, given

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(1)
age = rng.uniform(20, 60, size=(60, 1)).astype("float32")
cities = rng.integers(0, 5, size=(60, 1))
target = (age / 60 + cities / 5 > 1.1).astype("float32")
age_in = keras.Input(shape=(1,), name="age")
city_in = keras.Input(shape=(1,), name="city", dtype="int64")
city = layers.Flatten()(layers.Embedding(5, 3)(city_in))
h = layers.Concatenate()([layers.Rescaling(1 / 60)(age_in), city])
h = layers.Dense(8, activation="relu")(h)
out = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs={"age": age_in, "city": city_in}, outputs=out)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
# same weights: model
history = model.fit({"age": age, "city": cities}, target, epochs=3, batch_size=12, verbose=0, shuffle=False)
fitted = history.history["loss"]
given = model.predict({"age": age, "city": cities}, verbose=0)

"""As Keras 3 has it: an Input, a seed, rows of length 1, and files by their names of today."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(200, 6))
x = keras.utils.normalize(x, axis=1)
y = (x[:, 0] > x[:, 1]).astype("int32")

model = keras.Sequential(
    [
        keras.Input(shape=(6,)),
        layers.Dense(16, activation="relu", kernel_initializer="he_normal", name="hidden"),
        layers.Dense(2, activation="softmax"),
    ],
    name="today",
)
schedule = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=100, decay_rate=0.9)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=schedule),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="hits")],
)
callbacks = [keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)]
history = model.fit(x, y, batch_size=20, epochs=20, validation_split=0.2, callbacks=callbacks, verbose=0)
best = keras.models.load_model("best.keras")
results = best.evaluate(x, y, return_dict=True, verbose=0)
best.save_weights("best.weights.h5")
model.load_weights("best.weights.h5")
probabilities = model.predict(x, batch_size=64, verbose=0)
kernel = model.get_layer("hidden").kernel.numpy()

"""2024: weights in files, a model from a configuration, predictions on batches and on one row."""
# compared: again, logits, one

import keras
import numpy as np

rng = np.random.default_rng(2)
x = rng.normal(size=(32, 4)).astype("float32")
y = rng.integers(0, 3, size=32)
model = keras.Sequential(name="classifier")
model.add(keras.Input(shape=(4,)))
model.add(keras.layers.Dense(6, activation="silu", kernel_initializer=keras.initializers.HeNormal(seed=1)))
model.add(keras.layers.Dense(3, name="logits"))
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.SGD(learning_rate=0.05, momentum=0.9, nesterov=True, clipnorm=1.0),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
# same weights: model
model.fit(x, y, epochs=3, batch_size=8, verbose=0, shuffle=False)
model.save_weights("classifier.weights.h5")
clone = keras.Sequential.from_config(model.get_config())
clone.load_weights("classifier.weights.h5")
again = clone.predict(x, verbose=0)
logits = model.predict_on_batch(x)
one = model(x[:1], training=False)
keras.utils.plot_model if hasattr(keras.utils, "plot_model") else None
assert clone.get_layer("logits").units == 3

"""2022: adapted normalisations, one of a single feature and one that two models share, and the model in a file."""
# compared: mean, normalized, one_loss, losses, mae, reloaded

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.RandomState(3)
features = (rng.rand(80, 4) * [100, 3000, 10, 1] + [50, 1000, 5, 0]).astype("float32")
labels = (features @ [0.01, -0.002, 0.5, 1.0] + 20).astype("float32")
normalizer = tf.keras.layers.Normalization(axis=-1)
normalizer.adapt(np.array(features))
mean = np.array(normalizer.mean).ravel()
normalized = np.array(normalizer(features[:3]))
horsepower = np.array(features[:, 0])
horsepower_normalizer = layers.Normalization(input_shape=[1], axis=None)
horsepower_normalizer.adapt(horsepower)
horsepower_model = tf.keras.Sequential([horsepower_normalizer, layers.Dense(units=1)])
# same weights: horsepower_model
horsepower_model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
one_loss = horsepower_model.fit(horsepower, labels, epochs=3, verbose=0, shuffle=False).history["loss"]


def build_and_compile_model(norm):
    model = tf.keras.Sequential([norm, layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.compile(loss="mean_absolute_error", optimizer=tf.keras.optimizers.Adam(0.01))
    return model


dnn_model = build_and_compile_model(normalizer)
dnn_model.build((None, 4))
# same weights: dnn_model
history = dnn_model.fit(features, labels, validation_split=0.2, verbose=0, epochs=3, shuffle=False)
losses = [history.history["loss"], history.history["val_loss"]]
mae = dnn_model.evaluate(features, labels, verbose=0)
dnn_model.save("dnn_model.keras")
reloaded = tf.keras.models.load_model("dnn_model.keras").predict(features[:5], verbose=0)

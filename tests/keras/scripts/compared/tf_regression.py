"""2020: miles from a table, a Normalization that is adapted, errors of two models."""
# compared: test_results, weights

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(4)
train_features = rng.normal(50, 20, size=(80, 3)).astype("float32")
train_labels = (train_features @ np.array([0.3, -0.2, 0.1]) + 4).astype("float32")
normalizer = layers.Normalization(axis=-1)
normalizer.adapt(np.array(train_features))


def build_and_compile_model(norm):
    model = keras.Sequential(
        [norm, layers.Dense(8, activation="relu"), layers.Dense(8, activation="relu"), layers.Dense(1)]
    )
    model.compile(loss="mean_absolute_error", optimizer=keras.optimizers.Adam(0.01))
    return model


test_results = {}
dnn_model = build_and_compile_model(normalizer)
dnn_model.build((None, 3))
rng2 = np.random.RandomState(9)
for layer in dnn_model.layers[1:]:
    layer.set_weights([rng2.normal(0, 0.3, size=w.shape) for w in layer.get_weights()])
history = dnn_model.fit(
    train_features, train_labels, validation_split=0.2, verbose=0, epochs=4, batch_size=16, shuffle=False
)
test_results["dnn_model"] = dnn_model.evaluate(train_features, train_labels, verbose=0)
test_results["loss"] = history.history["val_loss"]
weights = [w for layer in dnn_model.layers[1:] for w in layer.get_weights()]
dnn_model.save("dnn_model")
reloaded = keras.models.load_model("dnn_model")
test_results["reloaded"] = reloaded.evaluate(train_features, train_labels, verbose=0)

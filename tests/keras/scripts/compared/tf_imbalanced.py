"""2020: few fraudulent rows: a bias to begin with, class weights, many metrics, early stopping."""
# compared: baseline, ran

import numpy as np
import tensorflow as tf
from tensorflow import keras

METRICS = [
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.BinaryAccuracy(name="accuracy"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
]
rng = np.random.RandomState(10)
features = rng.normal(size=(200, 6)).astype("float32")
labels = (features[:, 0] + features[:, 1] > 1.8).astype("int32")
neg, pos = np.bincount(labels)
initial_bias = np.log([pos / neg])


def make_model(metrics=METRICS, output_bias=None):
    if output_bias is not None:
        output_bias = tf.keras.initializers.Constant(output_bias)
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(features.shape[-1],)),
            keras.layers.Dropout(0.0),
            keras.layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-2), loss=keras.losses.BinaryCrossentropy(), metrics=metrics
    )
    return model


model = make_model(output_bias=float(initial_bias[0]))
assert np.allclose(model.layers[-1].bias.numpy(), initial_bias)
# same weights: model
early_stopping = tf.keras.callbacks.EarlyStopping(
    monitor="val_loss", verbose=0, patience=3, mode="min", restore_best_weights=True
)
weight_for_0 = (1 / neg) * (len(labels) / 2.0)
weight_for_1 = (1 / pos) * (len(labels) / 2.0)
history = model.fit(
    features,
    labels,
    batch_size=50,
    epochs=6,
    callbacks=[early_stopping],
    validation_data=(features, labels),
    class_weight={0: weight_for_0, 1: weight_for_1},
    verbose=0,
    shuffle=False,
)
ran = len(history.history["loss"])
results = model.evaluate(features, labels, batch_size=50, verbose=0)
baseline = results
for name, value in zip(model.metrics_names, results):
    print(name, ": ", value)

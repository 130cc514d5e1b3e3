"""2018: prices of houses, columns scaled by hand, k folds, mean absolute errors."""
# compared: all_scores, shapes

import numpy as np
from keras import layers, models

rng = np.random.RandomState(3)
train_data = rng.normal(5, 3, size=(64, 13))
train_targets = train_data[:, 0] * 2 + train_data[:, 5]
mean = train_data.mean(axis=0)
train_data -= mean
std = train_data.std(axis=0)
train_data /= std


def build_model():
    model = models.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(train_data.shape[1],)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


k = 2
num_val_samples = len(train_data) // k
all_scores = []
for i in range(k):
    val_data = train_data[i * num_val_samples : (i + 1) * num_val_samples]
    val_targets = train_targets[i * num_val_samples : (i + 1) * num_val_samples]
    rest = [train_data[: i * num_val_samples], train_data[(i + 1) * num_val_samples :]]
    partial_train_data = np.concatenate(rest, axis=0)
    partial_targets = np.concatenate(
        [train_targets[: i * num_val_samples], train_targets[(i + 1) * num_val_samples :]], axis=0
    )
    model = build_model()
    # same weights: model
    model.fit(partial_train_data, partial_targets, epochs=3, batch_size=4, verbose=0, shuffle=False)
    val_mse, val_mae = model.evaluate(val_data, val_targets, verbose=0)
    all_scores.append([val_mse, val_mae])
shapes = [w.shape for w in model.get_weights()]

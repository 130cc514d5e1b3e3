"""2017: folds by hand, names of metrics of that time, and optimisers that are told what they are."""
# compared: histories, config, params

import numpy as np
from keras import layers, models
from keras.optimizers import Adam

rng = np.random.RandomState(0)
train_data, train_targets = rng.rand(36, 5), rng.rand(36)
train_data -= train_data.mean(axis=0)
train_data /= train_data.std(axis=0)
adam = Adam(learning_rate=0.02)
config = {name: adam.get_config()[name] for name in ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad")}


def build_model():
    model = models.Sequential()
    model.add(layers.Dense(6, activation="relu", input_shape=(train_data.shape[1],)))
    model.add(layers.Dense(1))
    # same weights: model
    model.compile(optimizer=Adam.from_config(adam.get_config()), loss="mse", metrics=["mae"])
    return model


k, histories = 3, []
num_val_samples = len(train_data) // k
for i in range(k):
    val = slice(i * num_val_samples, (i + 1) * num_val_samples)
    partial_train_data = np.delete(train_data, val, axis=0)
    partial_train_targets = np.delete(train_targets, val, axis=0)
    model = build_model()
    history = model.fit(
        partial_train_data,
        partial_train_targets,
        validation_data=(train_data[val], train_targets[val]),
        epochs=2,
        batch_size=1,
        verbose=0,
        shuffle=False,
    )
    histories.append(history.history["val_mae"])
params = [history.params["epochs"], history.params["steps"], float(history.model is model)]

"""2021: a trained base without its head, frozen, under a new head; then all of it is tuned."""
# compared: kept, moved, result

import numpy as np
from tensorflow.keras import layers, models, optimizers

rng = np.random.RandomState(8)
x = rng.rand(40, 6).astype("float32")
base = models.Sequential([layers.Dense(8, activation="relu", input_shape=(6,)), layers.Dense(5, activation="relu")])
# same weights: base
base.trainable = False
inputs = layers.Input(shape=(6,))
features = base(inputs, training=False)
outputs = layers.Dense(1, activation="sigmoid")(features)
model = models.Model(inputs, outputs)
# same weights: model
model.compile(optimizer=optimizers.Adam(learning_rate=0.01), loss="binary_crossentropy")
before = [w.copy() for w in base.get_weights()]
y = (x[:, 0] > 0.5).astype("float32")
model.fit(x, y, epochs=2, batch_size=10, verbose=0, shuffle=False)
kept = [np.abs(a - b).max() for a, b in zip(before, base.get_weights())]
base.trainable = True
model.compile(optimizer=optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["AUC"])
model.fit(x, y, epochs=2, batch_size=10, verbose=0, shuffle=False)
moved = [float(np.abs(a - b).max() > 0) for a, b in zip(before, base.get_weights())]
result = model.predict(x)
trainable = len(model.trainable_weights)

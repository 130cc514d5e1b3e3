"""2022: flowers with one-hot labels, one-dimensional x, a model that is saved whole, confusion counts."""
# compared: loaded, confusion

import numpy as np
from tensorflow.keras.layers import Dense, InputLayer
from tensorflow.keras.models import Sequential, load_model
from tensorflow.keras.utils import normalize, to_categorical

rng = np.random.RandomState(14)
centres = np.repeat(np.eye(3, 4) * 3, 20, axis=0)
X = normalize(centres + rng.rand(60, 4), axis=1)
y = np.repeat([0, 1, 2], 20)
model = Sequential()
model.add(InputLayer(input_shape=(4,)))
model.add(Dense(10, activation="relu", kernel_initializer="he_uniform"))
model.add(Dense(3, activation="softmax"))
model.compile("adam", "categorical_crossentropy", ["accuracy"])
# same weights: model
model.fit(X, to_categorical(y), epochs=5, batch_size=6, verbose=0, shuffle=False)
model.save("flowers.h5")
loaded = load_model("flowers.h5").predict(X)
classes = np.argmax(loaded, axis=1)
confusion = np.zeros((3, 3), int)
for truth, guess in zip(y, classes):
    confusion[truth, guess] += 1

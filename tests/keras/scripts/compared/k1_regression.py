"""2016: a curve from one feature, mean squares, weights in an HDF5 file."""
# compared: predicted, error

import numpy as np
from keras.layers import Dense
from keras.models import Sequential, model_from_json

x = np.linspace(-2, 2, 80)
y = np.sin(2 * x)
model = Sequential()
model.add(Dense(10, input_dim=1, init="normal", activation="tanh"))
model.add(Dense(1, init="normal"))
model.compile(loss="mse", optimizer="rmsprop")
# same weights: model
model.fit(x, y, nb_epoch=6, batch_size=8, verbose=0, shuffle=False)
predicted = model.predict(x)
error = model.evaluate(x, y, verbose=0)
model_json = model.to_json()
with open("model.json", "w") as json_file:
    json_file.write(model_json)
model.save_weights("model.weights.h5")
with open("model.json", "r") as json_file:
    loaded = model_from_json(json_file.read())
loaded.load_weights("model.weights.h5")
same = np.abs(loaded.predict(x) - predicted).max()

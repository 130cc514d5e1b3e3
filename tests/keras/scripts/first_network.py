"""A first network on a table, as of 2016: nb_epoch, init, a model as JSON and HDF5."""

import numpy
from keras.layers import Dense
from keras.models import Sequential, model_from_json

seed = 7
numpy.random.seed(seed)
dataset = numpy.random.rand(200, 9)
X = dataset[:, 0:8]
Y = (X.sum(axis=1) > 4).astype(int)

model = Sequential()
model.add(Dense(12, input_dim=8, init="uniform", activation="relu"))
model.add(Dense(8, init="uniform", activation="relu"))
model.add(Dense(1, init="uniform", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, Y, nb_epoch=50, batch_size=10, verbose=0)
scores = model.evaluate(X, Y, verbose=0)
print("%s: %.2f%%" % (model.metrics_names[1], scores[1] * 100))

predictions = model.predict(X)
rounded = [round(x[0]) for x in predictions]

model_json = model.to_json()
with open("model.json", "w") as json_file:
    json_file.write(model_json)
model.save_weights("model.h5")
with open("model.json") as json_file:
    loaded_model = model_from_json(json_file.read())
loaded_model.load_weights("model.h5")
loaded_model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
again = loaded_model.evaluate(X, Y, verbose=0)

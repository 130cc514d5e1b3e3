"""2015: a table of numbers from a text file, two hidden layers, one probability."""
# compared: scores, predictions

import numpy
from keras.layers.core import Dense
from keras.models import Sequential

numpy.random.seed(7)
table = numpy.random.rand(120, 9)
table[:, 8] = (table[:, 0] + table[:, 3] > 1).astype(int)
numpy.savetxt("table.csv", table, delimiter=",")
dataset = numpy.loadtxt("table.csv", delimiter=",")
X = dataset[:, 0:8]
Y = dataset[:, 8]

model = Sequential()
model.add(Dense(12, input_dim=8, init="uniform", activation="relu"))
model.add(Dense(8, init="uniform", activation="relu"))
model.add(Dense(1, init="uniform", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
# same weights: model
history = model.fit(X, Y, validation_split=0.33, nb_epoch=4, batch_size=10, verbose=0, shuffle=False)
print(history.history.keys())
scores = model.evaluate(X, Y, verbose=0)
print("%s: %.2f%%" % (model.metrics_names[-1], scores[1] * 100))
predictions = model.predict(X)
losses = history.history["loss"]

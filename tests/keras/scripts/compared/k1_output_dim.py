"""2015: units by the name output_dim, activations as layers, descent with a rate that decays."""
# compared: loss, proba

import numpy as np
from keras.layers.core import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import np_utils

rng = np.random.RandomState(0)
X_train = rng.rand(90, 20).astype("float32")
labels = rng.randint(0, 3, 90)
X_train[np.arange(90), labels] += 1
Y_train = np_utils.to_categorical(labels, 3)

model = Sequential()
model.add(Dense(output_dim=16, input_dim=20, init="glorot_uniform"))
model.add(Activation("tanh"))
model.add(Dropout(0.0))
model.add(Dense(output_dim=3))
model.add(Activation("softmax"))
sgd = SGD(lr=0.1, momentum=0.9, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
# same weights: model
model.fit(X_train, Y_train, nb_epoch=5, batch_size=16, verbose=0, shuffle=False)
loss, acc = model.evaluate(X_train, Y_train, batch_size=16, verbose=0)
classes = model.predict_classes(X_train, batch_size=32)
proba = model.predict_proba(X_train, batch_size=32)
right = np.mean(classes == labels)

"""2018: digits by name, pictures as rows, labels as rows of zeros and ones, RMSprop."""
# compared: score

from __future__ import print_function

import keras
from keras.datasets import mnist
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import RMSprop

num_classes = 10
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train[:640].reshape(640, 784).astype("float32")
x_test = x_test[:100].reshape(100, 784).astype("float32")
x_train /= 255
x_test /= 255
print(x_train.shape[0], "train samples")
y_train = keras.utils.to_categorical(y_train[:640], num_classes)
y_test = keras.utils.to_categorical(y_test[:100], num_classes)
model = Sequential()
model.add(Dense(32, activation="relu", input_shape=(784,)))
model.add(Dropout(0.0))
model.add(Dense(num_classes, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
# same weights: model
model.fit(x_train, y_train, batch_size=64, epochs=2, verbose=0, validation_data=(x_test, y_test), shuffle=False)
score = model.evaluate(x_test, y_test, verbose=0)

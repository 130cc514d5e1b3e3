"""2018: messages on many subjects, one-hot labels by hand and by a function, a penalty, sparse labels."""
# compared: results, predictions, sparse

import copy

import numpy as np
from keras import layers, models, regularizers
from keras.datasets import reuters
from keras.utils.np_utils import to_categorical

(train_data, train_labels), (test_data, test_labels) = reuters.load_data(num_words=300)
x_train = np.zeros((len(train_data), 300))
for i, sequence in enumerate(train_data):
    x_train[i, sequence] = 1.0
one_hot = to_categorical(train_labels, 46)
model = models.Sequential()
model.add(layers.Dense(24, kernel_regularizer=regularizers.l2(0.001), activation="relu", input_shape=(300,)))
model.add(layers.Dense(46, activation="softmax"))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
# same weights: model
model.fit(x_train, one_hot, epochs=3, batch_size=16, verbose=0, shuffle=False)
results = model.evaluate(x_train, one_hot, verbose=0)
test_labels_copy = copy.copy(test_labels)
np.random.shuffle(test_labels_copy)
predictions = model.predict(x_train)
best = np.argmax(predictions[0])
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["acc"])
sparse = model.evaluate(x_train, train_labels, verbose=0)

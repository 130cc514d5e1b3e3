"""2018: reviews as rows of zeros and ones, a plot's numbers from the history."""
# compared: history_values, some

import numpy as np
from keras import layers, losses, metrics, models, optimizers
from keras.datasets import imdb

(train_data, train_labels), (test_data, test_labels) = imdb.load_data(num_words=200)


def vectorize_sequences(sequences, dimension=200):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


x_train = vectorize_sequences(train_data)
x_test = vectorize_sequences(test_data)
y_train = np.asarray(train_labels).astype("float32")
y_test = np.asarray(test_labels).astype("float32")
model = models.Sequential()
model.add(layers.Dense(16, activation="relu", input_shape=(200,)))
model.add(layers.Dense(16, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(
    optimizer=optimizers.RMSprop(lr=0.001), loss=losses.binary_crossentropy, metrics=[metrics.binary_accuracy]
)
# same weights: model
x_val, partial_x_train = x_train[:10], x_train[10:]
y_val, partial_y_train = y_train[:10], y_train[10:]
history = model.fit(
    partial_x_train, partial_y_train, epochs=3, batch_size=8, validation_data=(x_val, y_val), verbose=0, shuffle=False
)
history_dict = history.history
history_values = [history_dict["loss"], history_dict["val_loss"], history_dict["binary_accuracy"]]
epochs = range(1, len(history_dict["binary_accuracy"]) + 1)
word_index = imdb.get_word_index()
reverse_word_index = dict([(value, key) for (key, value) in word_index.items()])
decoded_review = " ".join([reverse_word_index.get(i - 3, "?") for i in train_data[0]])
some = model.predict(x_test)

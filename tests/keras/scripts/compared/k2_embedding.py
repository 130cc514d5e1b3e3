"""2017: padded sequences, an Embedding, Flatten."""
# compared: padded, predictions

import numpy as np
from keras.layers import Dense, Flatten
from keras.layers.embeddings import Embedding
from keras.models import Sequential
from keras.preprocessing.sequence import pad_sequences

encoded_docs = [[6, 2], [3, 1], [7, 4], [8, 1], [9], [10, 4], [5, 3], [5, 1], [2, 2, 2, 2, 2], [11, 12]]
labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
padded_docs = pad_sequences(encoded_docs, maxlen=4, padding="post")
padded = [padded_docs, pad_sequences(encoded_docs), pad_sequences(encoded_docs, 3, truncating="post", value=7)]
padded = [one.tolist() for one in padded]
model = Sequential()
model.add(Embedding(50, 8, input_length=4))
model.add(Flatten())
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
# same weights: model
model.fit(padded_docs, labels, epochs=5, verbose=0, shuffle=False)
loss, accuracy = model.evaluate(padded_docs, labels, verbose=0)
predictions = model.predict(padded_docs)

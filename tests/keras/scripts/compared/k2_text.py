"""2017: sentences to rows by a Tokenizer, then a dense network."""
# compared: encoded, weights_after, index

import numpy as np
from keras.layers import Activation, Dense
from keras.models import Sequential
from keras.preprocessing.text import Tokenizer

docs = ["Well done!", "Good work", "Great effort", "nice work", "Weak", "Poor effort!", "not good", "poor work"]
labels = np.array([1, 1, 1, 1, 0, 0, 0, 0])
t = Tokenizer(num_words=12)
t.fit_on_texts(docs)
index = sorted(t.word_index.items())
encoded = [t.texts_to_matrix(docs, mode=mode).tolist() for mode in ("binary", "count", "tfidf", "freq")]
sequences = t.texts_to_sequences(docs)
X = t.texts_to_matrix(docs, mode="tfidf")
model = Sequential()
model.add(Dense(6, input_shape=(12,)))
model.add(Activation("relu"))
model.add(Dense(1))
model.add(Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
# same weights: model
model.fit(X, labels, batch_size=2, epochs=3, verbose=0, shuffle=False)
weights_after = [w.tolist() for w in model.get_weights()]

"""2016: the functional style with input and output, and merging by a function."""
# compared: result

import numpy as np
from keras.layers import Dense, Input, concatenate
from keras.models import Model

rng = np.random.RandomState(1)
a_data, b_data = rng.rand(40, 3), rng.rand(40, 2)
target = (a_data.sum(axis=1) > b_data.sum(axis=1) * 1.5).astype("float32")
a = Input(shape=(3,))
b = Input(shape=(2,))
merged = concatenate([Dense(4, activation="relu")(a), Dense(4, activation="relu")(b)], axis=-1)
out = Dense(1, activation="sigmoid")(merged)
model = Model(input=[a, b], output=out)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
# same weights: model
model.fit([a_data, b_data], target, nb_epoch=4, batch_size=8, verbose=0, shuffle=False)
result = model.predict([a_data, b_data])

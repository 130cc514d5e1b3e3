"""2023: two questions compared by one tower, a distance, a class for the tower."""
# compared: fit_loss, same

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(3)
left, right = rng.normal(size=(2, 48, 5)).astype("float32")
label = (np.abs(left - right).mean(axis=1) < 1).astype("float32")


class Tower(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden = layers.Dense(units, activation="relu")
        self.out = layers.Dense(units)

    def call(self, inputs):
        return self.out(self.hidden(inputs))


tower = Tower(6)
a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
difference = layers.Subtract()([tower(a), tower(b)])
squared = layers.Multiply()([difference, difference])
model = keras.Model([a, b], layers.Dense(1, activation="sigmoid")(squared))
model.compile(optimizer="rmsprop", loss="binary_crossentropy")
# same weights: model
fit_loss = model.fit([left, right], label, epochs=3, batch_size=12, verbose=0, shuffle=False).history["loss"]
same = model.predict([left, left], verbose=0)

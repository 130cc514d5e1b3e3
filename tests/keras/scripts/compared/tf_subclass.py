"""2020: a model as a class, dropout that asks for training."""
# compared: after, values

import numpy as np
import tensorflow as tf


class MyModel(tf.keras.Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.dense1 = tf.keras.layers.Dense(8, activation=tf.nn.relu)
        self.dense2 = tf.keras.layers.Dense(3, activation=tf.nn.softmax)
        self.dropout = tf.keras.layers.Dropout(0.0)

    def call(self, inputs, training=False):
        x = self.dense1(inputs)
        if training:
            x = self.dropout(x, training=training)
        return self.dense2(x)


rng = np.random.RandomState(0)
x, y = rng.rand(60, 5).astype("float32"), rng.randint(0, 3, 60)
model = MyModel()
model.compile(optimizer=tf.keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model(x[:1])
# same weights: model
history = model.fit(x, y, epochs=4, batch_size=20, verbose=0, shuffle=False)
values = history.history["loss"]
after = model.predict(x)
model.summary()

"""2019: the first tutorial of TensorFlow 2, with logits and probabilities by a model around the model."""
# compared: test, predictions

import numpy as np
import tensorflow as tf

mnist = tf.keras.datasets.mnist
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[:320] / 255.0, x_test[:50] / 255.0
y_train, y_test = y_train[:320], y_test[:50]
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(24, activation="relu"),
        tf.keras.layers.Dropout(0.0),
        tf.keras.layers.Dense(10),
    ]
)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
# same weights: model
model.fit(x_train, y_train, epochs=2, verbose=0, shuffle=False)
test = model.evaluate(x_test, y_test, verbose=0)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
predictions = probability_model.predict(x_test)
label = np.argmax(predictions[0])
first = probability_model(x_test[:5])

"""2021: logits, a loss called by itself, and a softmax put behind the trained model."""
# compared: first, before, scores, probabilities, classes

import tensorflow as tf

mnist = tf.keras.datasets.mnist
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[:300] / 255.0, x_test[:100] / 255.0
y_train, y_test = y_train[:300], y_test[:100]
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(10),
    ]
)
# same weights: model
predictions = model(x_train[:1])
first = tf.nn.softmax(predictions)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
before = float(loss_fn(y_train[:1], predictions))
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2, shuffle=False, verbose=0)
scores = model.evaluate(x_test, y_test, verbose=2)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
probabilities = probability_model(x_test[:5])
classes = [int(row.argmax()) for row in probability_model.predict(x_test[:5], verbose=0)]

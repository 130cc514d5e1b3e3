"""Clothes, as in a beginner's tutorial of TensorFlow 2."""

import numpy as np
import tensorflow as tf

fashion_mnist = tf.keras.datasets.fashion_mnist
(train_images, train_labels), (test_images, test_labels) = fashion_mnist.load_data()
train_images = train_images / 255.0
test_images = test_images / 255.0

tf.random.set_seed(42)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(128, activation=tf.nn.relu),
        tf.keras.layers.Dense(10),
    ]
)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(train_images, train_labels, epochs=5, verbose=0)
test_loss, test_acc = model.evaluate(test_images, test_labels, verbose=2)
logits = model(test_images[:3], training=False).numpy()
probabilities = tf.nn.softmax(logits).numpy()
best = np.argmax(probabilities[0])
model.save("saved_model")
new_model = tf.keras.models.load_model("saved_model")

"""The teaching notebook's second half: its Keras cells as they were, with the import lines changed."""

from fastnn import Dense, Flatten, Sequential, to_categorical
from fastnn.datasets import load_mnist_sample

(x_train, y_train), (x_test, y_test) = load_mnist_sample()
x_train = x_train.astype("float32") / 255
x_test = x_test.astype("float32") / 255
y_train = to_categorical(y_train)
y_test = to_categorical(y_test)

model = Sequential(
    [
        Flatten(input_shape=(28, 28)),
        Dense(20, activation="relu"),
        Dense(20, activation="relu"),
        Dense(10, activation="softmax"),
    ]
)
model.summary()

model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=10, batch_size=32)
for epoch, (loss, accuracy) in enumerate(zip(history.history["loss"], history.history["accuracy"], strict=True)):
    print(f"epoch {epoch + 1}: loss {loss:.4f}, training accuracy {accuracy:.4f}")

test_loss, test_accuracy = model.evaluate(x_test, y_test)
print(f"test loss: {test_loss:.4f}")
print(f"test accuracy: {test_accuracy:.4f}")

output = model.predict(x_test[:5])
print(f"predicted digits: {output.argmax(axis=1)}, true digits: {y_test[:5].argmax(axis=1)}")

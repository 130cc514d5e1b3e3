"""The teaching notebook's network from scratch: its code as it was, with the import lines changed."""

from fastnn import (
    ActivationLayer,
    FCLayer,
    FlattenLayer,
    SoftmaxLayer,
    accuracy,
    mse,
    predict,
    relu,
    relu_prime,
    to_categorical,
    train,
)
from fastnn.datasets import load_mnist_sample

(x_train, y_train), (x_test, y_test) = load_mnist_sample()
x_train = x_train.astype("float32") / 255
x_test = x_test.astype("float32") / 255
y_train = to_categorical(y_train)
y_test = to_categorical(y_test)

network = [
    FlattenLayer(input_shape=(28, 28)),
    FCLayer(28 * 28, 20),
    ActivationLayer(relu, relu_prime),
    FCLayer(20, 10),
    SoftmaxLayer(10),
]

network, err = train(network, x_train, y_train, epochs=40, learning_rate=0.1)

output = predict(network, x_test)
print(f"error in the last epoch: {err[-1]:.4f}")
print(f"test accuracy: {accuracy(y_test, output):.4f}")
print(f"test MSE: {mse(y_test, output):.4f}")

"""2017: two inputs through one network, their distance by a lambda, and a contrastive loss."""
# compared: losses, distances, scores

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.models import Model, Sequential
from keras.optimizers import RMSprop

rng = np.random.RandomState(1)
a, b = rng.rand(40, 8).astype("float32"), rng.rand(40, 8).astype("float32")
t = rng.randint(0, 2, (40, 1)).astype("float32")


def euclidean_distance(vects):
    x, y = vects
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def contrastive_loss(y_true, y_pred):
    margin = 1
    return K.mean(y_true * K.square(y_pred) + (1 - y_true) * K.square(K.maximum(margin - y_pred, 0)))


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


base_network = Sequential()
base_network.add(Dense(6, input_shape=(8,), activation="relu"))
base_network.add(Dense(4, activation="relu"))
input_a, input_b = Input(shape=(8,)), Input(shape=(8,))
distance = Lambda(euclidean_distance, output_shape=(1,))([base_network(input_a), base_network(input_b)])
model = Model(inputs=[input_a, input_b], outputs=distance)
# same weights: model
model.compile(loss=contrastive_loss, optimizer=RMSprop(lr=0.01), metrics=[accuracy])
losses = model.fit([a, b], t, batch_size=10, epochs=3, shuffle=False, verbose=0).history["loss"]
distances = model.predict([a, b])[:5]
scores = model.evaluate([a, b], t, batch_size=40, verbose=0)

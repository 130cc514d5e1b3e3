"""2016 to 2019: an autoencoder, its encoder and decoder as models of shared layers."""
# compared: encoded_imgs, decoded_imgs

import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

encoding_dim = 4
x_train = np.random.RandomState(0).rand(64, 12).astype("float32")
input_img = Input(shape=(12,))
encoded = Dense(encoding_dim, activation="relu")(input_img)
decoded = Dense(12, activation="sigmoid")(encoded)
autoencoder = Model(input_img, decoded)
encoder = Model(input_img, encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(encoded_input, decoder_layer(encoded_input))
autoencoder.compile(optimizer="adadelta", loss="binary_crossentropy")
# same weights: autoencoder
autoencoder.fit(x_train, x_train, epochs=3, batch_size=16, shuffle=False, validation_data=(x_train, x_train), verbose=0)
encoded_imgs = encoder.predict(x_train)
decoded_imgs = decoder.predict(encoded_imgs)

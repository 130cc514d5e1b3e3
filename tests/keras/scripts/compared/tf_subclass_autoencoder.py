"""2021: an autoencoder as a class of two chains."""
# compared: codes, back, losses

import numpy as np
from tensorflow.keras import layers, losses
from tensorflow.keras.models import Model, Sequential

latent_dim = 3
x = np.random.RandomState(2).rand(48, 4, 4).astype("float32")


class Autoencoder(Model):
    def __init__(self, latent_dim):
        super(Autoencoder, self).__init__()
        self.latent_dim = latent_dim
        self.encoder = Sequential([layers.Flatten(), layers.Dense(latent_dim, activation="relu")])
        self.decoder = Sequential([layers.Dense(16, activation="sigmoid"), layers.Reshape((4, 4))])

    def call(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return decoded


autoencoder = Autoencoder(latent_dim)
autoencoder.compile(optimizer="adam", loss=losses.MeanSquaredError())
autoencoder(x[:1])
# same weights: autoencoder
history = autoencoder.fit(x, x, epochs=3, shuffle=False, validation_data=(x, x), batch_size=12, verbose=0)
losses = [history.history["loss"], history.history["val_loss"]]
codes = autoencoder.encoder.predict(x)
back = autoencoder.decoder.predict(codes)

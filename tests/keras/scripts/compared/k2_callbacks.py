"""2017: the best weights in files, early stopping, a rate by a function, a log in CSV."""
# compared: final, lengths

import csv
import glob

import numpy as np
from keras.callbacks import CSVLogger, EarlyStopping, LearningRateScheduler, ModelCheckpoint
from keras.layers import Dense
from keras.models import Sequential, load_model
from keras.optimizers import SGD

rng = np.random.RandomState(5)
X = rng.rand(60, 4)
y = (X[:, 0] > X[:, 1]).astype(int)
model = Sequential([Dense(8, input_dim=4, activation="relu"), Dense(1, activation="sigmoid")])


def step_decay(epoch):
    return 0.5 * 0.5 ** (epoch // 3)


model.compile(loss="binary_crossentropy", optimizer=SGD(lr=0.0, momentum=0.5), metrics=["acc"])
# same weights: model
filepath = "weights.best.keras"
checkpoint = ModelCheckpoint(filepath, monitor="val_acc", verbose=0, save_best_only=True, mode="max")
callbacks_list = [
    LearningRateScheduler(step_decay),
    EarlyStopping(monitor="val_loss", patience=50),
    checkpoint,
    CSVLogger("log.csv"),
]
history = model.fit(
    X, y, validation_split=0.25, epochs=8, batch_size=10, callbacks=callbacks_list, verbose=0, shuffle=False
)
best = load_model(filepath)
lengths = [len(history.history["acc"]), len(glob.glob("weights*")), len(list(csv.reader(open("log.csv"))))]
final = [history.history["loss"], history.history["val_loss"]]

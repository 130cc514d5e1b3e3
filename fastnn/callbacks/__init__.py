"""Callbacks are told how training goes, and may act on it. Names and arguments are Keras'."""

from fastnn.callbacks.backup_and_restore import BackupAndRestore
from fastnn.callbacks.base import Callback
from fastnn.callbacks.csv_logger import CSVLogger
from fastnn.callbacks.early_stopping import EarlyStopping
from fastnn.callbacks.lambda_callback import LambdaCallback
from fastnn.callbacks.learning_rate_scheduler import LearningRateScheduler
from fastnn.callbacks.model_checkpoint import ModelCheckpoint
from fastnn.callbacks.progbar_logger import ProgbarLogger
from fastnn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from fastnn.callbacks.remote_monitor import RemoteMonitor
from fastnn.callbacks.swap_ema_weights import SwapEMAWeights
from fastnn.callbacks.tensorboard import TensorBoard
from fastnn.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "Callback",
    "EarlyStopping",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "LearningRateScheduler",
    "CSVLogger",
    "TerminateOnNaN",
    "LambdaCallback",
    "TensorBoard",
    "BackupAndRestore",
    "SwapEMAWeights",
    "ProgbarLogger",
    "RemoteMonitor",
]

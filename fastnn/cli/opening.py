"""Opening a model file, with what it says of the table that it was trained on."""

from fastnn.cli.preparing import Preparation
from fastnn.files.reading import regular_file
from fastnn.models.base import BaseModel
from fastnn.models.saving.loading import load_model

__all__ = ["open_model"]


def open_model(path: str) -> tuple[BaseModel, Preparation | None]:
    """A model, and the preparation of its data where ``fastnn train`` made it.

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        When it is no model, or damaged, or one of several inputs or outputs; the message says so if it is a network of
        the notebook's layers.
    """
    if path.lower().endswith(".npz"):
        # A file that is not there is told first.
        regular_file(path)
        raise ValueError(
            f"{path!r} is an .npz file, as networks of the notebook's layers are: fastnn.load_network reads those in "
            "Python, and this command takes the .safetensors files of fastnn train and Sequential.save"
        )
    model = load_model(path)
    if len(model.input_names) > 1 or len(model.output_names) > 1:
        raise ValueError(
            f"{path!r} has the inputs {', '.join(model.input_names)} and outputs {', '.join(model.output_names)}, but "
            "this command reads one table and writes one: load it in Python, fastnn.load_model"
        )
    table = model.metadata.get("table")
    if table is None:
        return model, None
    try:
        preparation = Preparation.from_plain(table)
    except ValueError as error:
        raise ValueError(f"what {path!r} says of its table is damaged: {error}") from error
    outputs = 1 if preparation.classes is None else len(preparation.classes)
    inputs = None if preparation.features is None else (len(preparation.inputs),)
    if model.output_shape != (outputs,) or inputs not in (None, model.input_shape):
        raise ValueError(f"what {path!r} says of its table does not fit its network")
    return model, preparation

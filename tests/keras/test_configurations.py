"""Configurations that are none: an error with a sentence, also where Python runs without assertions."""

import json

import pytest

import fastnn.keras as keras
from fastnn.keras.models import model_from_json


def graph():
    x = keras.Input((3,))
    return keras.Model(x, keras.layers.Dense(2)(x))


MODELS = {"graph": graph, "chain": lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])}
CHANGES = {
    "nothing": lambda config: {},
    "no object": lambda config: None,
    "a list": lambda config: [],
    "no layers": lambda config: config | {"layers": []},
    "layers that are none": lambda config: config | {"layers": None},
    "a layer that is none": lambda config: config | {"layers": [None]},
    "a layer without a class": lambda config: config | {"layers": [{}]},
    "a layer without options": lambda config: config | {"layers": [{"class_name": "Dense"}]},
    "no name": lambda config: {key: value for key, value in config.items() if key != "name"},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", MODELS)
def test_a_configuration_that_is_none(kind, change):
    model = MODELS[kind]()
    assert type(type(model).from_config(model.get_config())) is type(model)
    with pytest.raises(ValueError, match=r"lacks '\w+'|is none that Keras writes: |is not known"):
        type(model).from_config(CHANGES[change](model.get_config()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", r"but has \[\]"),
        ("null", "but has None"),
        ("{}", "but has None"),
        (json.dumps({"class_name": "Sequential"}), "json_string lacks 'config'"),
        (json.dumps({"class_name": "Model", "config": {}}), "lacks 'layers'"),
    ],
)
def test_a_text_that_is_none(text, words):
    with pytest.raises(ValueError, match=words):
        model_from_json(text)

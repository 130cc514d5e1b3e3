"""Mutations: files changed by chance, in their bytes and in their values, are refused or give a model that predicts."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_files import assembled, data, parts, trained

import fastnn

# The same examples each time. One file for all of them: each writes it anew.
fixed = settings(
    derandomize=True,
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-3, 300),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**32, 2**63, 2**64, 10**30, math.nan, math.inf, -0.0, 1e308]),
)
plain = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8))
known = st.sampled_from(
    ["layers.Dense", "layers.ReLU", "layers.Dropout", "losses.Huber", "optimizers.SGD", "metrics.AUC", "softmax", "own"]
)
values = st.recursive(
    plain | known,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(known | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def predicts_or_is_refused(path):
    try:
        model = fastnn.load_model(path)
    except (ValueError, OSError) as error:
        told = str(error)
    else:
        x = np.random.default_rng(0).normal(size=(5, *model.input_shape))
        outputs = model.predict(x)
        assert outputs.shape == (5, *model.output_shape)
        assert np.isfinite(outputs).all()
        return
    assert path.name in told, told


def spots(value, path=()):
    """All places within a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from spots(item, (*path, key))


def changed(value, path, how):
    """A copy with what is at the path replaced by ``how`` of it, or left out where that gives nothing."""
    copy = json.loads(json.dumps(value))
    if not path:
        return how[0] if how else {}
    place = copy
    for key in path[:-1]:
        place = place[key]
    if how:
        place[path[-1]] = how[0]
    else:
        del place[path[-1]]
    return copy


@fixed
@given(drawn=st.data())
def test_bytes(good, drawn):
    content = bytearray(trained_content(good))
    for _ in range(drawn.draw(st.integers(1, 4))):
        first = drawn.draw(st.integers(0, len(content) - 1) | st.integers(0, 40))
        what = drawn.draw(st.sampled_from(["replace", "remove", "insert", "repeat"]))
        piece = drawn.draw(st.binary(min_size=1, max_size=8) | st.sampled_from([b'"', b"{", b"\\u0000", b"9" * 30]))
        last = first if what == "insert" else first + len(piece)
        content[first:last] = {"remove": b"", "repeat": bytes(content[first:last]) * 2}.get(what, piece)
    path = good.with_name("mutated.safetensors")
    path.write_bytes(bytes(content))
    predicts_or_is_refused(path)


@fixed
@given(drawn=st.data())
def test_values_of_the_description(good, drawn):
    header, told, arrays = parts(trained_content(good))
    for _ in range(drawn.draw(st.integers(1, 2))):
        path = drawn.draw(st.sampled_from(list(spots(told))))
        told = changed(told, path, drawn.draw(st.lists(values, max_size=1)))
    target = good.with_name("mutated.safetensors")
    target.write_bytes(assembled(header, told, arrays))
    predicts_or_is_refused(target)


@fixed
@given(drawn=st.data())
def test_values_of_the_header(good, drawn):
    header, told, arrays = parts(trained_content(good))
    head = {name: entry for name, entry in header.items() if name != "__metadata__"}
    path = drawn.draw(st.sampled_from(list(spots(head))))
    head = changed(head, path, drawn.draw(st.lists(values, max_size=1)))
    target = good.with_name("mutated.safetensors")
    if not isinstance(head, dict):
        head = {"dense.kernel": head}
    target.write_bytes(assembled({**head, "__metadata__": header["__metadata__"]}, told, arrays))
    predicts_or_is_refused(target)


@fixed
@given(drawn=st.data())
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_bytes_of_weights(good, suffix, drawn):
    model, x = trained(seed=1, epochs=0), data()[0]
    path, before = good.with_name(f"mutated{suffix}"), model.predict(x)
    trained().save_weights(path)
    content = bytearray(path.read_bytes())
    for _ in range(drawn.draw(st.integers(1, 4))):
        first = drawn.draw(st.integers(0, len(content) - 1))
        piece = drawn.draw(st.binary(min_size=1, max_size=8))
        content[first : first + drawn.draw(st.integers(0, 8))] = piece
    path.write_bytes(bytes(content))
    try:
        model.load_weights(path)
    except (ValueError, OSError) as error:
        told = str(error)
    else:
        # Zip files have bytes that mean nothing: the weights are those that were saved.
        assert model.predict(x).tobytes() == trained().predict(x).tobytes()
        return
    assert re.search(rf"mutated\{suffix}", told), told
    assert model.predict(x).tobytes() == before.tobytes()


_CONTENT = []


def trained_content(good):
    """The good file's bytes, read once."""
    if not _CONTENT:
        _CONTENT.append(good.read_bytes())
    return _CONTENT[0]

"""The choice of an instruction set: the best by itself, any by name, and no wrong one."""

import os
import subprocess
import sys

import numpy as np
import pytest

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime import dispatch
from fastnn_ext.tables.enums import Activation


def run(code, isa):
    environment = {name: value for name, value in os.environ.items() if name != "FASTNN_ISA"}
    if isa is not None:
        environment["FASTNN_ISA"] = isa
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_those_that_run_everywhere_are_always_there():
    supported = dispatch.supported_isas()
    assert supported[-1] == "portable"
    assert "baseline" in supported or supported == ("portable",), "without vectors there is one alone"
    assert [name for name in dispatch.ISAS if name in supported] == list(supported), "best first"
    assert dispatch.active_isa() in supported


@pytest.mark.parametrize("isa", dispatch.supported_isas())
def test_the_environment_chooses(isa):
    done = run("import fastnn; print(fastnn.show_config()['isa'])", isa)
    assert (done.stdout, done.stderr) == (f"{isa}\n", "")


@pytest.mark.parametrize("isa", [None, ""])
def test_the_best_is_the_default(isa):
    done = run("import fastnn; print(fastnn.show_config()['isa'], fastnn.show_config()['supported_isas'])", isa)
    supported = dispatch.supported_isas()
    assert (done.stdout, done.stderr) == (f"{supported[0]} {supported}\n", "")
    assert dispatch.choose_isa(isa) == supported[0]


@pytest.mark.parametrize("isa", ["nonsense", "AVX2", "baseline ", "kernels", "../evil"])
def test_a_wrong_name_stops_the_import_and_tells_the_choices(isa):
    done = run("import fastnn", isa)
    assert done.returncode == 1
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith(f"ValueError: FASTNN_ISA must be one of {', '.join(dispatch.supported_isas())} ")
    assert repr(isa) in message


@pytest.mark.parametrize("isa", ["nonsense", 3, b"portable", ("portable",)])
def test_a_plan_for_a_wrong_name(isa):
    with pytest.raises(ValueError, match=r"the instruction set must be one of .*portable, but it is"):
        Plan(3, np.float64, isa=isa)


def test_kernels_that_cannot_be_loaded_are_passed_over_with_a_warning():
    best, *others = dispatch.supported_isas()
    if not others:
        pytest.skip("this build has the portable kernels alone")
    code = f"""
import sys, warnings
sys.modules["fastnn_ext.kernels_{best}_f32"] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from fastnn_ext.runtime import dispatch
    # Whoever asks for these by name gets the reason.
    try:
        dispatch.choose_isa({best!r})
    except ImportError:
        print("refused")
print(dispatch.active_isa(), [w.category.__name__ for w in caught], {best!r} in str(caught[0].message))
"""
    done = run(code, None)
    assert done.stdout == f"refused\n{others[0]} ['RuntimeWarning'] True\n", done.stderr


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_instruction_sets_agree_to_rounding(dtype):
    rng = np.random.default_rng(0)
    weights, bias, x = (rng.normal(size=shape).astype(dtype) for shape in ((50, 70), (1, 70), (40, 50)))
    results = []
    for isa in dispatch.supported_isas():
        plan = Plan(50, dtype, isa=isa)
        plan.add_dense(weights / 7, bias)
        plan.add_activation(Activation.SIGMOID)
        results.append(plan.predict(x))
    for result in results[1:]:
        # Fused multiply-adds round once where others round twice, in sums of 50 terms of size one.
        np.testing.assert_allclose(result, results[0], rtol=0, atol=60 * np.finfo(dtype).eps)

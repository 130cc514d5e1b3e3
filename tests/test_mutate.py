"""The mutation script: which changes it makes, that they are small, and that they stay in its copy of the tree."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "mutate.py"
spec = importlib.util.spec_from_file_location("mutate", SCRIPT)
mutate = importlib.util.module_from_spec(spec)
sys.modules["mutate"] = mutate
spec.loader.exec_module(mutate)

C = """\
/* a + b < 3 */
#if LANES > 1
#define HALF 2
static real f(const real *x, ptrdiff_t n) // n - 1
{
    real sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        sum += x[i] * HALF;
        call("x - 1", sum);
    }
    return n == 1 && ready ? N(max)(sum, x[i] - 1) : sum;
}
"""
IN_C = {
    (3, "constant", "2", "3"),
    (6, "constant", "0", "1"),
    (7, "constant", "0", "1"),
    (7, "comparison", " < ", " <= "),
    (8, "assignment", " += ", " -= "),
    (8, "index", "i", "i - 1"),
    (8, "arithmetic", " * ", " / "),
    (8, "statement", "sum += x[i] * HALF;", ";"),
    (9, "statement", 'call("x - 1", sum);', ";"),
    (11, "comparison", " == ", " != "),
    (11, "constant", "1", "2"),
    (11, "logic", " && ", " || "),
    (11, "min and max", "N(max)", "N(min)"),
    (11, "index", "i", "i - 1"),
    (11, "arithmetic", " - ", " + "),
}
PYTHON = '''\
"""1 + 1 and not True"""
import os
def f(x: tuple[i] = None, *rest) -> dict[k]:  # x < 1
    """Return 2 + 2."""
    count = 1.5 * len(x)
    names.append("not 3")
    if x is None and not rest:
        raise ValueError(f"{x} + 1")
    return min(x[i], 0x1F, 1e5)
'''
IN_PYTHON = {
    (5, "constant", "1.5", "2.5"),
    (5, "arithmetic", " * ", " / "),
    (5, "statement", "count = 1.5 * len(x)", "pass"),
    (6, "statement", 'names.append("not 3")', "pass"),
    (7, "logic", " is None", " is not None"),
    (7, "logic", " and ", " or "),
    (7, "logic", "not ", ""),
    (8, "statement", 'raise ValueError(f"{x} + 1")', "pass"),
    (9, "min and max", "min(", "max("),
    (9, "index", "i", "i - 1"),
}


@pytest.mark.parametrize(("path", "text", "expected"), [("a.h", C, IN_C), ("a.py", PYTHON, IN_PYTHON)])
def test_the_changes_of_a_text(path, text, expected):
    found = mutate.mutants_of(path, text)
    assert {(each.line, each.kind, each.old, each.new) for each in found} == expected
    for each in found:
        changed = mutate.changed(text, each)
        line = text.splitlines()[each.line - 1]
        before = line[: each.column - 1]
        assert changed.splitlines()[each.line - 1] == before + each.new + line[each.column - 1 + len(each.old) :]
        assert changed.splitlines()[: each.line - 1] + changed.splitlines()[each.line :] == (
            text.splitlines()[: each.line - 1] + text.splitlines()[each.line :]
        )


def test_a_change_of_another_text_is_refused():
    with pytest.raises(ValueError, match=r"a\.h:3:14 does not hold"):
        mutate.changed(PYTHON, next(iter(mutate.mutants_of("a.h", C))))


def test_the_order_is_the_seeds_and_has_every_kind_first():
    mutants = mutate.mutants_of("a.h", C) + mutate.mutants_of("a.py", PYTHON)
    kinds = {each.kind for each in mutants}
    first, again, other = (mutate.order_of(mutants, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(map(repr, first)) == sorted(map(repr, other)) == sorted(map(repr, mutants))
    assert {each.kind for each in first[: len(kinds)]} == kinds


def test_the_sources_of_both_packages_have_mutants_and_tests():
    for name in ("fastnn_ext/operations/tiles.h", "fastnn_ext/loops/training.pxi", "fastnn/models/inputs.py"):
        assert len(mutate.mutants_of(name, (ROOT / name).read_text())) > 90
        for stage in mutate.stages_of(name):
            assert all((ROOT / test).exists() for test in stage)
    for stages in mutate.FITTING.values():
        assert all((ROOT / test).exists() for stage in stages for test in stage)


@pytest.mark.parametrize(
    ("path", "modules"),
    [
        ("operations/tiles.h", ["kernels_portable_f32", "kernels_portable_f64"]),
        ("loops/training.pxi", ["kernels_portable_f32", "kernels_portable_f64"]),
        ("engine/run.pxd", ["kernels_portable_f32", "kernels_portable_f64"]),
        ("engine/plan.pyx", ["engine/plan"]),
        ("engine/plan_graph.pxi", ["engine/plan"]),
        ("engine/arena.pxi", ["engine/training"]),
        ("engine/epochs.pxi", ["engine/training"]),
        ("bindings/metrics.pxd", ["bindings/metrics"]),
        ("runtime/pool.h", ["runtime/pool"]),
        ("tables/expand.py", []),
    ],
)
def test_the_modules_that_a_source_is_a_part_of(path, modules):
    assert mutate.modules_of(f"fastnn_ext/{path}") == [f"fastnn_ext/{module}" for module in modules]
    for module in modules:
        assert (ROOT / "fastnn_ext" / f"{module}.pyx").exists()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the copy is of what git knows")
def test_only_the_copy_is_changed(tmp_path):
    tree, name, test = mutate.Tree(tmp_path), "fastnn/checking/names.py", ["fastnn/checking/names.py"]
    text = (ROOT / name).read_text()
    assert tree.test(test, False, 60) == "passed"
    tree.write(name, "raise ValueError\n")
    assert tree.test(test, False, 60) == "failed"
    tree.write(name, "while True: pass\n")
    assert tree.test(test, False, 2) == "timeout"
    tree.write(name, text)
    assert tree.test(test, False, 60) == "passed"
    assert (ROOT / name).read_text() == text


def test_mutants_are_listed():
    command = [sys.executable, SCRIPT, "--list", "--count", "7", "fastnn/checking/names.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("fastnn/checking/names.py:") and " -> " in line for line in lines)
    place = lines[0].split()[0]
    only = subprocess.run([*command, "--only", place], cwd=ROOT, capture_output=True, text=True, check=True)
    assert lines[0] in only.stdout.splitlines()


def test_kernels_and_python_are_two_runs():
    command = [sys.executable, SCRIPT, "fastnn/checking/names.py", "fastnn_ext/operations/tiles.h"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "two runs" in done.stderr

#!/usr/bin/env bash
# Everything of a release that one Linux machine can do, below build/release/: `make release-check`.
#
# A source distribution, twice the same bytes, with all files that git knows; the wheel for every Python from it, twice the
# same bytes, repaired, audited; installed into an empty environment of every Python from 3.11 on that is here, where
# tests run against it, away from the checkout. Workflows are checked for their form.
#
# Where compiled code meets Python, quick tests run under every Python: the kernels' and the engine's, and those of files,
# layers and the notebook. All of them are `make test`, under one.
#
# PYTHON is a Python with what the build needs. FASTNN_TESTS are other arguments of pytest, such as `tests` for all.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=$(realpath --no-symlinks "$(command -v "${PYTHON:-python3}")")
ROOT=$PWD/build/release
TOOLS=$ROOT/tools/bin
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
QUICK="tests/ext tests/notebook tests/layers tests/files/test_round_trip.py tests/datasets tests/test_package.py"
read -r -a TESTS <<<"${FASTNN_TESTS:-$QUICK}"

say() { printf 'release-check: %s\n' "$*"; }
fail() { printf 'release-check: %s\n' "$*" >&2; exit 1; }

make_tools() {
    [[ -x $TOOLS/twine ]] && return
    say "fetching the tools"
    "$PYTHON" -m venv "$ROOT/tools"
    "$TOOLS/python" -m pip install --quiet --upgrade pip
    "$TOOLS/python" -m pip install --quiet --group release "Cython>=3.1" "numpy>=2.0" "setuptools>=77"
}

# A copy of the checkout, so that what lies about in it does not come along; in two folders, whose names must not matter.
copy_of() {
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - | tar -xf - -C "$1"
}

same() {
    cmp -s "$1" "$2" || fail "$(basename "$1") is not the same bytes when it is built in another folder"
}

check_sources() {
    say "the source distribution"
    local folder
    for folder in one another-folder; do
        copy_of "$ROOT/$folder"
        "$TOOLS/python" -m build --quiet --sdist --no-isolation --outdir "$ROOT/sdist-$folder" "$ROOT/$folder"
    done
    SDIST=$(echo "$ROOT"/sdist-one/*.tar.gz)
    same "$SDIST" "$ROOT/sdist-another-folder/$(basename "$SDIST")"
    (export PATH=$TOOLS:$PATH && check-sdist --no-isolation)
    "$TOOLS/twine" check --strict "$SDIST"
}

check_wheel() {
    local folder
    for folder in one another-folder; do
        say "the wheel, from the source distribution, in $folder"
        mkdir -p "$ROOT/from-sdist/$folder"
        tar -xzf "$SDIST" -C "$ROOT/from-sdist/$folder"
        FASTNN_LIMITED_API=1 "$TOOLS/python" -m pip wheel --quiet --no-deps --no-build-isolation \
            --wheel-dir "$ROOT/wheel-$folder" "$ROOT/from-sdist/$folder"/*
    done
    local built
    built=$(echo "$ROOT"/wheel-one/*.whl)
    same "$built" "$ROOT/wheel-another-folder/$(basename "$built")"
    # The oldest system that this machine's C library allows; releases are built where it is an old one.
    (export PATH=$TOOLS:$PATH && auditwheel repair --wheel-dir "$ROOT/repaired" "$built")
    WHEEL=$(echo "$ROOT"/repaired/*.whl)
    "$TOOLS/abi3audit" --strict "$WHEEL"
    "$TOOLS/twine" check --strict "$WHEEL"
    "$TOOLS/check-wheel-contents" "$WHEEL"
    say "$(basename "$WHEEL"): $(($(stat --format=%s "$WHEEL") / 1000)) kB"
}

pythons() {
    local minor found
    for minor in 11 12 13 14 15; do
        for found in $(command -v "python3.$minor" || true) "$HOME"/.pyenv/versions/3."$minor".*/bin/python3."$minor"; do
            if [[ -x $found ]] && "$found" -c "import venv, sys; assert sys.version_info[:2] == (3, $minor)" 2>/dev/null; then
                echo "$found"
                break
            fi
        done
    done
}

check_everywhere() {
    local away=$ROOT/away python name
    mkdir -p "$away"
    cp -r tests pyproject.toml "$away"
    for python in $(pythons); do
        name=$(basename "$python")
        say "tests against the wheel under $("$python" --version)"
        "$python" -m venv "$ROOT/$name"
        "$ROOT/$name/bin/python" -m pip install --quiet --upgrade pip
        "$ROOT/$name/bin/python" -m pip install --quiet "$WHEEL" "pytest>=8" "pytest-xdist>=3.6" "hypothesis>=6.100"
        (
            cd "$away"
            "$ROOT/$name/bin/python" -W error -c "import fastnn; assert fastnn.__file__.startswith('$ROOT/$name')"
            "$ROOT/$name/bin/python" -m pytest -q -n auto --dist loadfile -p no:cacheprovider -m "not slow" "${TESTS[@]}"
        )
    done
}

check_workflows() {
    say "the workflows"
    "$TOOLS/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
    "$TOOLS/zizmor" --offline --strict-collection --quiet .github
    local of
    for of in "linux x86_64" "linux aarch64" "macos x86_64" "macos arm64" "windows AMD64" "windows ARM64" "pyodide wasm32"; do
        [[ -n $("$TOOLS/cibuildwheel" --print-build-identifiers --platform "${of% *}" --archs "${of#* }") ]] ||
            fail "cibuildwheel would build nothing for $of"
    done
}

mkdir -p "$ROOT"
find "$ROOT" -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +
make_tools
check_workflows
check_sources
check_wheel
check_everywhere
say "nothing found"

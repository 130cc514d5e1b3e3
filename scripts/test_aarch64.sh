#!/usr/bin/env bash
# Compiles fastnn_ext for aarch64 Linux and runs its tests on an emulated processor, all below build/aarch64/.
#
#   scripts/test_aarch64.sh                                       the tests of the kernels
#   scripts/test_aarch64.sh tests/ext/test_plan.py -k float32     these alone: any arguments of pytest
#
# For Debian, whose cross compiler and QEMU it uses: apt-get install gcc-aarch64-linux-gnu qemu-user
# The emulated Python comes from the same Debian, NumPy and pytest from the Python package index; nothing is installed.
# What was fetched and compiled is kept: rm -rf build/aarch64 starts afresh. PYTHON names the Python with Cython, NumPy
# and setuptools that translates to C.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=$(realpath --no-symlinks "$(command -v "${PYTHON:-python3}" || echo "${PYTHON:-python3}")")
COMPILER=aarch64-linux-gnu-gcc
ROOT=$PWD/build/aarch64
SYSROOT=$ROOT/sysroot
SITE=$ROOT/site
TREE=$ROOT/tree
LOG=$ROOT/log.txt

TESTS=(
    tests/ext
    # It compiles a user's module where it runs, and no compiler is emulated.
    --ignore=tests/ext/test_cimport.py
    # PyTorch is not fetched, being large: other tests check the same formulas.
    --ignore=tests/ext/test_against_torch.py
    # Where a process with threads forks, QEMU stops the child with an error as soon as it starts a thread.
    --deselect=tests/ext/test_pool.py::test_a_child_has_a_pool_of_its_own
    --deselect=tests/ext/test_pool.py::test_forks_at_any_moment_of_another_threads_runs
    --deselect="tests/ext/test_pool.py::test_multiprocessing[fork]"
    # QEMU disregards the limit of address space, and has a thread beside those of the program.
    --deselect=tests/ext/test_pool.py::test_fewer_threads_where_the_system_refuses_more
    --deselect=tests/ext/test_pool.py::test_signals_go_to_the_threads_of_python
)

say() { printf 'aarch64: %s\n' "$*"; }
fail() { printf 'aarch64: %s\n' "$*" >&2; exit 1; }

# Runs a command with its output in the log; if it fails, shows the end of it and says what failed.
quietly() {
    local failure=$1
    shift
    if ! "$@" >"$LOG" 2>&1; then
        tail -n 30 "$LOG" >&2
        fail "$failure; the lines above are the end of build/aarch64/log.txt"
    fi
}

require_tools() {
    local missing=()
    command -v "$COMPILER" >/dev/null || missing+=(gcc-aarch64-linux-gnu)
    QEMU=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
    [[ -n $QEMU ]] || missing+=(qemu-user)
    ((${#missing[@]} == 0)) || fail "there is no ${missing[*]} here: apt-get install ${missing[*]}"
    [[ -n $(command -v apt-get) && -n $(command -v dpkg-deb) ]] || fail "there is no apt-get here: run this on Debian"
    "$PYTHON" -c 'import Cython, numpy, setuptools, pip' 2>/dev/null ||
        fail "$PYTHON has no Cython, numpy, setuptools or pip: run make aarch64, or name another with PYTHON="
}

# A root folder for aarch64 with Python, its headers and the C library, unpacked and not installed.
make_sysroot() {
    # NumPy's wheels are partly C++.
    local wanted="python3 libpython3-dev libstdc++6"
    [[ -e $SYSROOT/complete && $(<"$SYSROOT/complete") == "$wanted" ]] && return
    say "fetching Debian's Python for arm64"
    rm -rf "$SYSROOT" "$ROOT/apt"
    mkdir -p "$SYSROOT" "$ROOT/apt"/{state/lists/partial,cache/archives/partial}
    : >"$ROOT/apt/status"
    local apt=(
        apt-get --quiet --yes
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
        -o Dir::State="$ROOT/apt/state" -o Dir::State::status="$ROOT/apt/status" -o Dir::Cache="$ROOT/apt/cache"
    )
    quietly "apt-get could not read the list of arm64 packages" "${apt[@]}" update
    # shellcheck disable=SC2086 # one word for each package
    quietly "apt-get could not fetch Python for arm64" \
        "${apt[@]}" install --download-only --no-install-recommends $wanted
    local package
    for package in "$ROOT"/apt/cache/archives/*.deb; do
        quietly "a package could not be unpacked" dpkg-deb --extract "$package" "$SYSROOT"
    done
    # The loader is looked for in /lib, and which of the two folders a package uses differs between Debian's releases.
    if [[ -e $SYSROOT/lib ]]; then
        cp -a "$SYSROOT/lib/." "$SYSROOT/usr/lib"
        rm -rf "${SYSROOT:?}/lib"
    fi
    ln -s usr/lib "$SYSROOT/lib"
    rm -rf "$ROOT/apt"
    printf '%s\n' "$wanted" >"$SYSROOT/complete"
}

# Python's name within the root folder, such as python3.11, and a command that runs it on this machine.
make_emulated_python() {
    TARGET=$(basename "$(readlink "$SYSROOT/usr/bin/python3")")
    EMULATED=$SYSROOT/usr/bin/emulated-python
    # As sys.executable names this script, tests that start another Python come here, too. The processor is one of the
    # first kind of aarch64: later ones sign return addresses, which takes an emulator five times as long as all else.
    cat >"$EMULATED" <<END
#!/bin/sh
here=\$(dirname "\$0")
exec "$QEMU" -cpu cortex-a72 -0 "\$0" -L "\$here/../.." "\$here/$TARGET" "\$@"
END
    chmod +x "$EMULATED"
    quietly "$TARGET for arm64 does not run under $QEMU" "$EMULATED" -c \
        'import platform, sys; assert platform.machine() == "aarch64" and sys.executable.endswith("emulated-python")'
}

make_site() {
    local wanted="$TARGET numpy>=2.0 pytest>=8 hypothesis>=6.100 tqdm>=4.60"
    [[ -e $SITE/complete && $(<"$SITE/complete") == "$wanted" ]] && return
    say "fetching NumPy and pytest for $TARGET on aarch64"
    rm -rf "$SITE"
    # shellcheck disable=SC2086 # one word for each requirement
    quietly "pip could not fetch NumPy and pytest for aarch64" "$PYTHON" -m pip install --quiet --target "$SITE" \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \
        --implementation cp --python-version "${TARGET#python}" --only-binary=:all: ${wanted#* }
    printf '%s\n' "$wanted" >"$SITE/complete"
}

# Sources are compiled in a copy, so that this machine's own compiled modules stay as they are.
build() {
    local folder=$ROOT/sources now
    rm -rf "$folder"
    mkdir -p "$folder" "$TREE"
    tar -c --exclude='*.so' --exclude=__pycache__ setup.py pyproject.toml README.md LICENSE fastnn fastnn_ext tests |
        tar -x -C "$folder"
    now=$("$COMPILER" --version; cd "$folder"; find setup.py fastnn_ext -type f -exec sha256sum {} + | LC_ALL=C sort)
    if [[ -e $TREE/built && $(<"$TREE/built") == "$now" ]]; then
        rm -rf "$TREE/fastnn" "$TREE/tests"
        mv "$folder/fastnn" "$folder/tests" "$TREE"
        rm -rf "$folder"
        say "fastnn_ext has not changed and is not compiled again"
        return
    fi
    rm -rf "$TREE"
    mv "$folder" "$TREE"
    say "compiling fastnn_ext"
    # The target's description of itself gives setuptools its flags and the modules' names; paths are seen from TREE.
    mkdir -p "$ROOT/target"
    cp "$SYSROOT/usr/lib/$TARGET"/_sysconfigdata__aarch64-linux-gnu.py "$ROOT/target/_sysconfigdata_aarch64.py"
    (
        cd "$TREE"
        unset FASTNN_DEBUG FASTNN_LIMITED_API CFLAGS LDFLAGS LDSHARED
        export _PYTHON_HOST_PLATFORM=linux-aarch64 _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata_aarch64
        export PYTHONPATH=$ROOT/target
        export CC="$COMPILER --sysroot=../sysroot"
        export CPPFLAGS="-I../sysroot/usr/include/$TARGET -I../site/numpy/_core/include"
        quietly "fastnn_ext could not be compiled for aarch64" "$PYTHON" setup.py build_ext --inplace
    )
    printf '%s\n' "$now" >"$TREE/built"
}

run_tests() {
    say "running the tests on an emulated processor"
    cd "$TREE"
    # The library under NumPy would otherwise start threads of its own, which an emulator runs slowly.
    env -u FASTNN_ISA -u FASTNN_NUM_THREADS PYTHONPATH="$SITE" OPENBLAS_NUM_THREADS=1 \
        "$EMULATED" -m pytest -p no:cacheprovider "$@"
}

mkdir -p "$ROOT"
require_tools
make_sysroot
make_emulated_python
make_site
build
(($# > 0)) || set -- "${TESTS[@]}"
run_tests "$@"

#!/usr/bin/env bash
# Builds fastnn_ext with GCC's sanitizers, below build/sanitize/, and runs tests under them.
#
#   scripts/sanitize.sh              the short form, as in continuous integration
#   scripts/sanitize.sh long         all tests of the kernels, and FASTNN_SEQUENCES (by default 3,000) random sequences of calls
#
# AddressSanitizer and UndefinedBehaviorSanitizer watch memory and arithmetic, with the portable and the AVX2 kernels;
# ThreadSanitizer watches the pool and all runs on several threads. PYTHON is a Python with what the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=$(realpath --no-symlinks "$(command -v "${PYTHON:-python3}")")
FORM=${1:-short}
ROOT=$PWD/build/sanitize

say() { printf 'sanitize: %s\n' "$*"; }
fail() { printf 'sanitize: %s\n' "$*" >&2; exit 1; }

runtime() {
    local path
    path=$("${CC:-gcc}" -print-file-name="$1")
    [[ -e $path ]] || fail "there is no $1 here, which GCC brings: apt-get install libgcc-12-dev, or set CC to a GCC that has it"
    echo "$path"
}

# A tree of its own, so that the modules of this one stay as they are.
build() {
    local kind=$1 sanitizers=$2 tree=$ROOT/$1
    mkdir -p "$tree"
    git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$tree"
    # What is translated to C already, with the tables that it was made from.
    if [[ -d build/cython ]]; then
        tar --exclude='*.so' --exclude=__pycache__ -cf - build/cython fastnn_ext/tables | tar -xf - -C "$tree"
    fi
    say "building with $sanitizers"
    (cd "$tree" && FASTNN_SANITIZE=$sanitizers FASTNN_INSTRUCTION_SETS=$SETS "$PYTHON" setup.py build_ext --inplace --parallel 2) \
        >"$ROOT/$kind.log" 2>&1 || { tail -n 30 "$ROOT/$kind.log" >&2; fail "the build failed"; }
}

run() {
    local kind=$1
    shift
    # Python's and NumPy's own allocations would hide what the kernels read beyond them.
    (cd "$ROOT/$kind" && env PYTHONMALLOC=malloc "$@" "$PYTHON" -m pytest -q -p no:cacheprovider "${TESTS[@]}")
}

# Beside each other: each of these takes one core most of the time. What one has said is shown when it ends.
beside() {
    local name=$1
    shift
    { "$@" >"$ROOT/$name.log" 2>&1 || { tail -n 100 "$ROOT/$name.log"; fail "$name: see above"; }; tail -n 1 "$ROOT/$name.log"; } &
    STARTED+=($!)
}

all_of_them() {
    local one failed=0
    for one in "${STARTED[@]}"; do
        wait "$one" || failed=1
    done
    STARTED=()
    ((failed == 0))
}

SHORT=(tests/ext/test_memory.py tests/ext/test_compressed.py tests/ext/test_epochs.py tests/ext/test_training_data.py tests/models/test_sequences.py)
if [[ $FORM == long ]]; then
    : "${FASTNN_SEQUENCES:=3000}"
    SETS=
    # No compiler runs inside the sanitizer, and PyTorch's threads are not ours to watch.
    ALL=(tests/ext tests/models/test_sequences.py --ignore=tests/ext/test_cimport.py --ignore=tests/ext/test_against_torch.py)
else
    : "${FASTNN_SEQUENCES:=40}"
    ALL=("${SHORT[@]}")
    # The kernels of AVX-512 are the same code, and half of all compiling.
    SETS=$([[ $(uname -m) != x86_64 ]] || echo avx2)
fi
export FASTNN_SEQUENCES

STARTED=()
build address address,undefined
build thread thread

TESTS=("${ALL[@]}")
for isa in portable avx2; do
    say "address, undefined: $isa kernels"
    # Leaks at exit are Python's own: it frees little then. Memory that cannot be had is an error that tests ask for.
    beside "address-$isa" run address LD_PRELOAD="$(runtime libasan.so):$(runtime libubsan.so)" \
        ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 FASTNN_ISA=$isa
done
all_of_them

say "threads"
if [[ $FORM == long ]]; then
    TESTS=(tests/ext/test_pool.py tests/ext/test_same_bits.py tests/ext/test_memory.py tests/models/test_sequences.py)
else
    TESTS=(tests/ext/test_memory.py tests/models/test_sequences.py)
fi
# In a child of fork the sanitizer itself stops; the AVX-512 kernels run the same code in the same threads.
TESTS+=(-k "not fork and not child and not refuses_more and not signals and not avx512")
run thread FASTNN_ISA=avx2 FASTNN_NUM_THREADS=2 LD_PRELOAD="$(runtime libtsan.so)" TSAN_OPTIONS="halt_on_error=1 exitcode=66"
say "nothing found"

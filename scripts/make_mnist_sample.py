"""Makes the sample of MNIST that the package ships, from the four original IDX files.

    python scripts/make_mnist_sample.py FOLDER

FOLDER holds the unpacked files. The same inputs give the same arrays always, and the same bytes with the same zlib.
"""

import hashlib
import io
import sys
import zipfile
import zlib
from pathlib import Path

import numpy
from numpy.typing import NDArray

from fastnn.datasets.idx import read_idx
from fastnn.datasets.mnist import FILES
from fastnn.datasets.packing import pack
from fastnn.datasets.sample import TRAINING_IMAGES

INPUTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
OUTPUT = Path(__file__).resolve().parents[1] / "fastnn" / "datasets" / "data" / "mnist_sample.npz"
OUTPUT_SHA256 = "85c0af48d6ec255096e7b8785234fe4c8d4ad3deb69b335ef40e43efef0b53db"
# Of the arrays' bytes: these hold whatever zlib packed the file.
ARRAYS_SHA256 = {
    "x_train": "2304e0137aea1f236247daacc2dcaf275996895e40c4bb0760c448434d361d1a",
    "y_train": "b03ead2884240483d956c7feac7a9b39d28685062da0a980bb73d2196dc506b8",
    "x_test": "f8755f2708bdae17fb23fa95d992614df65ef79c116f82789ddb9a1bc5ad7b34",
    "y_test": "c9ab094358587b54a35fa714484d0300a9acc4b4d5e9f9b9f629a24467dc93ea",
}
# The first half of the test images is harder than the second, so that every fifth is taken. Of the five ways to begin,
# the second image's is the one where the notebook's network is right most nearly as often as on all.
KEPT = {"train": slice(TRAINING_IMAGES), "test": slice(1, None, 5)}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sample(folder: Path) -> dict[str, NDArray[numpy.uint8]]:
    """The sample's four arrays, from originals whose checksums are right."""
    arrays = {}
    for key, name in FILES.items():
        if sha256((folder / name).read_bytes()) != INPUTS[name]:
            raise ValueError(f"{folder / name} is not the original: its SHA-256 should be {INPUTS[name]}")
        array = read_idx(folder / name)
        arrays[key] = array[KEPT[key.partition("_")[2]]]
        if sha256(arrays[key].tobytes()) != ARRAYS_SHA256[key]:
            raise ValueError(f"the bytes of {key} should have the SHA-256 {ARRAYS_SHA256[key]}")
    return arrays


def packed(arrays: dict[str, NDArray[numpy.uint8]]) -> bytes:
    """The images packed, and the labels, as an .npz whose bytes do not depend on when or where it is made."""
    runs, shades = pack(numpy.concatenate([arrays["x_train"], arrays["x_test"]]))
    labels = numpy.concatenate([arrays["y_train"], arrays["y_test"]])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key, array in {"runs": runs, "shades": shades, "labels": labels}.items():
            content = io.BytesIO()
            numpy.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{key}.npy")  # its default date is a constant
            info.create_system = 3  # Unix's number, on every system
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content.getvalue(), compresslevel=9)
    return file.getvalue()


def main(folder: Path, output: Path = OUTPUT) -> int:
    try:
        content = packed(sample(folder))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if sha256(content) != OUTPUT_SHA256:
        print(
            f"{output} is left as it was: the right arrays are packed to another SHA-256, {sha256(content)}, by zlib "
            f"{zlib.ZLIB_RUNTIME_VERSION}; {OUTPUT_SHA256} was expected",
            file=sys.stderr,
        )
        return 1
    output.write_bytes(content)
    print(f"{output}: {len(content)} bytes, SHA-256 {OUTPUT_SHA256}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))

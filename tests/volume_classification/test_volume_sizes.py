"""Large scans are read in bounded memory, and brought to a smaller size, which is said."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from serving import ROOT
from volume_files import LIMITS, array, nifti, series, stored, zipped

from plugins.volume_classification.data.reader import read_volume
from plugins.volume_classification.data.volume import MOST_VOXELS

MIB = 2**20
READ = """
import json, sys, time
import numpy as np, nibabel
from pathlib import Path
from plugins.volume_classification.data.reader import read_volume
from registry import Limits
def memory(name):  # The peak that getrusage knows is that of the process before, too.
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
before = memory("VmRSS")
began = time.perf_counter()
volume = read_volume(Path(sys.argv[1]), Limits())
print(json.dumps({
    "mib": memory("VmHWM") - before,
    "seconds": time.perf_counter() - began, "shape": volume.values.shape,
    "spacing": volume.spacing, "notes": volume.notes,
    "low": float(volume.values.min()), "high": float(volume.values.max()),
}))
"""


def ct(path: Path, wide: int, deep: int) -> Path:
    """A ball of water in air, 0.7 x 0.7 x 1 mm, written slice by slice."""
    header = nibabel.Nifti1Header()
    header.set_data_shape((wide, wide, deep))
    header.set_data_dtype(np.int16)
    header.set_sform(np.diag([-0.7, -0.7, 1, 1]), 1)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    place = (np.arange(wide) - wide / 2) / wide
    with path.open("wb") as file:
        file.write(header.binaryblock + bytes(4))
        for z in (np.arange(deep) - deep / 2) / deep:
            inside = place[:, None] ** 2 + place**2 + z**2 < 0.16
            file.write(np.where(inside, 0, -1000).astype("<i2").tobytes())
    return path


def apart(path: Path) -> dict:
    """Read in a process of its own: what it came to, and by how much its memory grew."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the memory")
@pytest.mark.parametrize("packed", [False, True])
def test_the_memory_for_a_large_scan_is_bounded(tmp_path, packed):
    """`TEST_VOLUME=512,600` reads a whole CT instead; its figures are printed."""
    wide, deep = map(int, os.environ.get("TEST_VOLUME", "256,300").split(","))
    path = ct(tmp_path / "ct.nii", wide, deep)
    if packed:
        plain, path = path, tmp_path / "ct.nii.gz"
        with plain.open("rb") as source, gzip.open(path, "wb", 1) as target:
            shutil.copyfileobj(source, target)
    found = apart(path)
    print(found)
    shape = found["shape"]
    assert np.prod(shape) <= MOST_VOXELS < wide * wide * deep
    assert np.allclose(np.multiply(shape, found["spacing"]), (deep, 0.7 * wide, 0.7 * wide))
    assert max(found["spacing"]) < 1.05 * min(found["spacing"])
    assert any(
        f"has {deep} x {wide} x {wide} voxels; they were brought to" in n for n in found["notes"]
    )
    assert np.isclose(found["low"], -1000, atol=0.1) and np.isclose(found["high"], 0, atol=0.1)
    # The result as it is and as it is turned, and little beside.
    assert found["mib"] < 3 * 4 * MOST_VOXELS / MIB


def test_an_array_and_a_series_are_condensed_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "plugins.volume_classification.data.volume.working_size.__defaults__", (4000,)
    )
    values = np.add.outer(np.add.outer(np.arange(20) * 7, np.arange(24)), np.arange(30)).astype(
        "i2"
    )
    files = [
        stored(tmp_path / "a.npy", array(values)),
        zipped(tmp_path / "a.zip", {str(i): one for i, one in enumerate(series(values, 1.0))}),
        stored(tmp_path / "a.nii", nifti(values.transpose(2, 1, 0), np.diag([-1, -1, 1, 1]))),
    ]
    for path in files:
        volume = read_volume(path, LIMITS)
        assert volume.values.size <= 4000
        # What the file has is told, though it was brought to cubes.
        told = any("no cubes: 1 x 0.5 x 0.7 mm" in note for note in volume.notes)
        assert told == (path.suffix == ".zip")
        assert any("voxels; they were brought to" in note for note in volume.notes)
        spread = volume.values[-1, -1, -1] - volume.values[0, 0, 0]
        scale = 2.0 if path.suffix == ".zip" else 1.0
        assert 0.7 * 185 * scale < spread <= 185 * scale

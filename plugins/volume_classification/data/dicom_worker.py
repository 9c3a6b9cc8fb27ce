"""A process that decodes compressed pictures. The decoder is a library in C++ that ends its process
when it meets certain damages; so it is not ours that ends.

It is told `<frame: 4 bytes><length: 8 bytes><a DICOM file>`, where a length of 0 means the one that
came last; it answers `<length: 8 bytes><an array as .npy>`, where a length of 0 means: damaged.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from plugins.volume_classification.data.dicom_decode import decoded, opened

ASK, ANSWER = struct.Struct("<IQ"), struct.Struct("<Q")
PATIENCE = 60.0
"""Seconds that one picture may take."""
MOST_MEMORY = 3 * 2**30
SURROUNDINGS = {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(__file__).resolve().parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    ),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Worker:
    """The process, seen from ours; it runs from the first question on."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def ask(self, data: bytes | None, frame: int) -> np.ndarray | None:
        """A picture; None where it is damaged.

        Args:
            data: A DICOM file; None: the one of the last question.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **SURROUNDINGS},
            )
        process = self._process
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            process.stdin.write(ASK.pack(frame, len(data or b"")))
            process.stdin.write(data or b"")
            process.stdin.flush()
            (size,) = ANSWER.unpack(process.stdout.read(ANSWER.size))
            answer = io.BytesIO(process.stdout.read(size))
            return np.load(answer, allow_pickle=False) if size else None
        except (OSError, ValueError, EOFError, struct.error):  # It ended.
            self.close()
            return None
        finally:
            timer.cancel()

    def close(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def main() -> None:
    """Answer until nobody asks."""
    _bound_memory()
    source, dataset = sys.stdin.buffer, None
    # Whatever a library prints must not get between the answers.
    with os.fdopen(os.dup(1), "wb") as target:
        os.dup2(2, 1)
        while head := source.read(ASK.size):
            frame, size = ASK.unpack(head)
            if size:
                dataset = opened(source.read(size))
            found = decoded(dataset, frame)
            answer = io.BytesIO()
            if found is not None:
                np.save(answer, found, allow_pickle=False)
            target.write(ANSWER.pack(answer.tell()))
            target.write(answer.getvalue())
            target.flush()


def _bound_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, ValueError, OSError):
        pass  # Not every system has that.


if __name__ == "__main__":
    main()

"""What a reader of archives says, by what the archive stands for: kinds of errors, not words."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from serving import ROOT

from plugins.shared.files.entries import Contents, LabelledError, NotAZip, TooLarge
from plugins.shared.files.limits import Limits
from plugins.shared.files.zip_files import files_in_zip

STONES = Contents("The heap", "Make a heap.", "Bring fewer stones.", "Bring smaller stones.")


def zipped(path, files: int, size: int = 1):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(files):
            archive.writestr(f"heap/{number}.txt", b"x" * size)
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize(
    ("files", "size", "kind", "says"),
    [
        (4, 1, TooLarge, "The heap holds more than the 3 files that are read. Bring fewer stones"),
        (2, 600, TooLarge, "The heap unpacks to .* smaller stones"),
        (0, 0, NotAZip, "cannot be opened"),
        (-1, 0, NotAZip, "no zip archive.* Make a heap"),
    ],
)
def test_a_fault_is_a_kind_of_error_and_speaks_of_the_contents(tmp_path, files, size, kind, says):
    path = tmp_path / "heap.zip"
    if files > 0:
        zipped(path, files, size)
    elif files < 0:
        path.write_bytes(b"no archive at all")
    limits = Limits(picture_bytes=10**6, archive_files=3, archive_bytes=1000)
    with pytest.raises(LabelledError, match=says) as caught, files_in_zip(path, limits, STONES):
        pass
    assert type(caught.value) is kind


def test_no_module_decides_by_the_words_of_an_error():
    """What is said may be put better at any time; the kind of an error stays."""
    asks = re.compile(
        r" in \w*\.(what|todo|for_people)\b|\.(what|todo|for_people)\.(startswith|lower)"
    )
    rooms = (ROOT / room for room in ("plugins", "registry", "weights"))
    files = [path for room in rooms for path in room.rglob("*.py")]
    assert len(files) > 200
    assert [str(p.relative_to(ROOT)) for p in files if asks.search(p.read_text("utf-8"))] == []

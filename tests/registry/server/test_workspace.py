"""The folder for uploads and the folder for keeping."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile

import pytest
from serving import run_code

from registry import SettingError
from registry.server.workspace import data_folder, private_temp


def test_no_data_folder_means_none_and_a_new_one_is_made(tmp_path):
    assert data_folder("") is None
    assert data_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_place_of_the_data_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="cannot be written"):
        data_folder(str(tmp_path / "file"))


def test_the_folder_for_uploads_is_private_and_goes_with_the_process(tmp_path):
    code = (
        "import os\nfrom registry.server.workspace import private_temp\n"
        "os.environ.pop('GRADIO_TEMP_DIR', None)\nf = private_temp(os.environ)\n"
        "assert os.environ['GRADIO_TEMP_DIR'] == str(f)\n(f / 'left').write_text('x')\n"
        "print(f, oct(f.stat().st_mode & 0o777))"
    )
    folder, mode = run_code(code, {"TMPDIR": str(tmp_path)}).split()
    assert folder.startswith(str(tmp_path)) and mode == oct(stat.S_IRWXU)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="only there can a process be asked after")
def test_what_a_killed_run_left_is_cleared_and_what_is_not_ours_stays(tmp_path, monkeypatch):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = tmp_path / f"paragone-{ended.pid}-abc"
    alive = tmp_path / f"paragone-{os.getpid()}-abc"
    other = tmp_path / "paragone-notes-abc"
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "face.png").write_text("x")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environ: dict[str, str] = {}
    made = private_temp(environ)
    assert not dead.exists() and alive.exists() and other.exists() and made.is_dir()
    assert environ["GRADIO_TEMP_DIR"] == str(made)


def test_a_folder_that_the_user_chose_is_left_as_it_is(tmp_path):
    environ = {"GRADIO_TEMP_DIR": str(tmp_path)}
    assert private_temp(environ) == tmp_path
    assert environ == {"GRADIO_TEMP_DIR": str(tmp_path)}

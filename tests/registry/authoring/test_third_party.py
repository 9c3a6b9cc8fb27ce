"""A package of a third party: built as a wheel, installed in a fresh environment, and used."""

from __future__ import annotations

import json
import subprocess
import time
import zipfile

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from serving import FIXTURES, ROOT, Server, clean_environ, run_app
from venvs import Venv, installed_here

from registry.authoring.findings import Report
from registry.authoring.samples import write_sample

PACKAGE = FIXTURES / "third_party"
NAME = "paragone-edge-directions"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Venv:
    """An environment with the package, installed from its wheel."""
    folder = tmp_path_factory.mktemp("fresh")
    fresh = Venv(folder / "venv")
    fresh.wheel = fresh.wheel_of(PACKAGE, folder)
    fresh.pip("install", str(fresh.wheel))
    assert not installed_here(NAME)
    return fresh


@pytest.fixture(scope="module")
def client(house):
    server = Server({"PARAGONE_PLUGINS": "edge-directions"}, python=house.python)
    yield Client(server.url, verbose=False)
    server.stop()


def test_the_wheel_holds_the_package_and_its_licence_and_no_tests(house):
    names = zipfile.ZipFile(house.wheel).namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == {f"paragone_edge_directions/{n}.py" for n in ("__init__", "model", "tab")}
    assert any(name.endswith("LICENSE") for name in names)


def test_the_house_lists_it_with_distribution_and_version(house):
    listed = json.loads(run_app({}, "plugins", "--json", python=house.python).stdout)
    (mine,) = [r for r in listed if r["name"] == "edge-directions"]
    assert (mine["distribution"], mine["version"], mine["state"]) == (NAME, "0.1.0", "ready")
    assert len(listed) > 1 and all(r["state"] == "ready" for r in listed)


def test_it_answers_over_http(client, tmp_path):
    picture, face = (handle_file(write_sample(m, tmp_path)) for m in ("picture", "face"))
    same = client.predict(picture, picture, 9, api_name="/edge_directions")
    other = client.predict(picture, face, 9, api_name="/edge_directions")
    assert same["overlap"] == pytest.approx(1) and 0 < other["overlap"] < 1
    assert sum(other["first"]) == pytest.approx(1) and len(other["second"]) == 9


def test_its_refusal_reaches_the_caller_in_its_own_words(client, tmp_path):
    picture = handle_file(write_sample("picture", tmp_path))
    with pytest.raises(AppError, match=r"second: A picture is missing\. Bring two pictures\."):
        client.predict(picture, None, 9, api_name="/edge_directions")


def test_it_keeps_the_contract(house):
    done = run_app({}, "check", "edge-directions", "--json", timeout=300, python=house.python)
    report = Report.from_json(done.stdout)
    assert (done.returncode, report.findings) == (0, ()), report
    assert report.endpoints == ("edge_directions",) and report.calls > 8


@pytest.mark.slow
def test_from_new_to_passing_tests_in_a_fresh_environment(tmp_path):
    """What an author does, and what it takes: nothing is written by hand, and all passes."""
    begun = time.monotonic()
    fresh = Venv(tmp_path / "venv")
    new = run_app({}, "new", "two-pictures", "--folder", str(tmp_path / "p"), python=fresh.python)
    assert new.returncode == 0, new.stderr
    told = run_app({}, "check", str(tmp_path / "p"), python=fresh.python)
    assert told.returncode == 2 and "Is it installed? pip install -e" in told.stderr
    fresh.pip("install", "--editable", str(tmp_path / "p"))
    shown = run_app({}, "plugins", python=fresh.python).stdout.splitlines()
    assert any(
        line.split()[:4] == ["two-pictures", "paragone-two-pictures", "0.1.0", "ready"]
        for line in shown
    )
    checked = subprocess.run(
        [fresh.python, "app.py", "check", str(tmp_path / "p")],
        cwd=ROOT,
        env=clean_environ({}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "two-pictures: passed" in checked.stdout and "3 passed" in checked.stdout
    print(f"\nnew, install, list, check and tests: {time.monotonic() - begun:.0f} s")

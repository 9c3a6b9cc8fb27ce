"""The page's handlers as plain functions, with small networks."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zips
from volume_files import lump, nifti, series
from zips import zipped

from plugins.shared.classification.labelled import split
from plugins.shared.page.widgets import Upload
from plugins.volume_classification import train_events as learn_events
from plugins.volume_classification.lesson import packaged_panels as panels
from plugins.volume_classification.lesson.panel import LOOK, OWN, Panel, judge
from plugins.volume_classification.lesson.phantom import phantoms
from plugins.volume_classification.session import Session
from plugins.volume_classification.settings import KINDS, Settings
from plugins.volume_classification.view_events import Events
from registry.context import Limits
from weights.errors import ParagoneError

ANSWER = ("trouble", "answer", "look")
USUAL = {"symmetry": "none", "budget": 0.4, "timm": "resnet10t", "width": 4, "slices": 3}


class Context:
    """A host without a network."""

    limits, device, offline, data_dir = Limits(), "cpu", True, None

    @staticmethod
    def caller_left() -> bool:
        return False


@pytest.fixture
def events():
    return Events(Context())


@pytest.fixture
def session(events):
    session = Session()
    session.train, session.test = split(phantoms(24, 3, size=16))
    return session


@pytest.fixture(scope="module")
def panel():
    from plugins.volume_classification.learning.training import Run

    sets = split(phantoms(24, 3, size=16))
    networks = {}
    for kind in KINDS:
        run = Run(Settings(kind=kind, width=4, steps=2, symmetry="none"), sets)
        list(run.advance())
        networks[kind] = run.finish().trained
    return Panel("phantom", "A panel", networks, {"3d": 0.9}, "Made for a test.", "Only phantoms.")


def train(events, session, **changes):
    return events.learning.train(session, *{**USUAL, **changes}.values())


def answered(shown: dict) -> tuple:
    """What is shown of an answer; what is not named stays as it is."""
    return tuple(shown.get(name) for name in ANSWER)


def upload(folder: Path, name: str, data: bytes) -> Upload:
    """A file as gradio keeps it, in a folder of its own."""
    path = folder / name.replace(".", "-") / name
    path.parent.mkdir()
    path.write_bytes(data)
    return Upload(path, name)


def npy(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def test_three_networks_learn_one_after_another(events, session):
    frames = list(train(events, session))
    assert list(session.outcomes) == list(KINDS) == list(session.own.networks)
    assert all(outcome.steps for outcome in session.outcomes.values())
    status, results, asked = frames[-2].values()
    assert "2-D" in status and "2.5-D" in status and "3-D" in status
    assert asked.value == OWN and OWN in [key for _, key in asked.choices]
    assert results.count("<tr") and "always the most frequent class" in results
    for words in ("AUC", "ECE", "parameters", "recall of each class", "what was what"):
        assert words in results, words
    assert results.count("pc-confusion") == 3
    assert frames[-1]["train"].interactive and not session.running and not events.learning.runs.busy
    many = [sum(p.numel() for p in o.trained.network.parameters()) for o in
            session.outcomes.values()]  # fmt: skip
    assert many[0] < many[1] < many[2] and f"{many[2]:,}" in results


def test_stopping_keeps_what_is_learnt(events, session):
    for frame in train(events, session, budget=60):
        if "step" in str(frame.get("status")):
            assert not events.learning.stop(session).interactive
    assert list(session.outcomes) == ["2d"] and list(session.own.networks) == ["2d"]
    assert session.outcomes["2d"].seconds < 30 and not session.running


def test_stopping_before_the_first_step_is_said_and_keeps_the_former_networks(
    events, session, panel
):
    kept, frames = panel, train(events, session, budget=60)
    session.own = panel
    next(frames)
    events.learning.stop(session)
    rest = list(frames)
    assert (
        "before its first step" in rest[-1]["status"]
        and session.own is kept
        and not session.running
    )


def test_leaving_ends_the_training_and_the_next_one_trains(events, session):
    other = Session()
    other.train, other.test = session.train, session.test
    ann = train(events, session, budget=60)
    while "step" not in str(next(ann).get("status")):
        pass
    bob = train(events, other)
    assert "Getting ready" in next(bob)["status"] and "ahead of yours" in next(bob)["status"]
    runs = list(session.runs.values())
    session.forget()
    assert all(run.stopped for run in runs) and session.train is None and not session.runs
    ann.close()
    list(bob)
    assert list(other.outcomes) == list(KINDS) and not events.learning.runs.busy


def test_one_training_a_visitor(events, session):
    first = train(events, session, budget=60)
    next(first)
    (refused,) = train(events, session)
    assert "is going on" in refused["status"]
    first.close()
    assert not session.running


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"budget": 0}, "budget"),
        ({"budget": "soon"}, "budget"),
        ({"width": 3}, "width"),
        ({"slices": 4}, "slices"),
        ({"symmetry": "sphere"}, "symmetry"),
        ({"timm": "resnet9000"}, "resnet9000"),
        ({"timm": " "}, "timm"),
        ({"timm": "hf-hub:nobody/model"}, "timm has no network called"),
        ({"timm": "vit_giant_patch14_224", "width": 0}, "million weights"),
        ({"timm": "vit_tiny_patch16_224", "width": 0}, "ConvNet"),
    ],
    ids=str,
)
def test_what_cannot_be_set_is_said_and_nothing_is_lost(events, session, changes, words):
    last = list(train(events, session, **changes))[-1]
    assert "pv-error" in last["status"] and words in last["status"] and last["train"].interactive
    assert not session.running and not events.learning.runs.busy and session.train is not None


def test_a_set_is_needed(events):
    last = list(train(events, Session()))[-1]
    assert "There is no set to learn from" in last["status"]


def test_phantoms_are_made(events):
    session = Session()
    view, known, symmetry = events.learning.simulate(session, 20).values()
    assert symmetry == "plane"
    assert "Simulated: not scans of anybody" in view and len(session.train) == 14
    assert len(known.choices) == len(session.test) == 6
    for count in (None, "many", 3, 10**6):
        view = events.learning.simulate(session, count)["about"]
        assert "pv-error" in view and len(session.train) == 14
        assert "14 volumes to learn from" in view, "what was there stays"


def test_medmnist_offline_is_a_clear_card(events, session):
    before = session.train
    *_, last = events.learning.fetch(session, "adrenalmnist3d", 28)
    view = last["about"]
    assert "pv-error" in view and "Offline" in view and "labelled set" in view
    assert session.train is before and list(last) == ["about"]
    for name in (None, "", "catmnist3d"):
        *_, last = events.learning.fetch(session, name, 28)
        assert "pv-error" in last["about"]


def test_a_set_of_ones_own(events, tmp_path):
    session, rng = Session(), np.random.default_rng(0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("big", "small"):
            for i in range(3):
                values = rng.normal(0, 1, (16, 16, 16)).astype(np.float32)
                archive.writestr(f"{name}/{i}.npy", npy(values))
    brought = upload(tmp_path, "set.zip", out.getvalue())
    cleared, view, known, symmetry = events.learning.bring(session, brought).values()
    assert symmetry == "none"
    assert cleared is None and session.train.classes == ("big", "small") and known.choices
    assert "big" in view and "majority" not in view and "most frequent class" in view
    assert not brought.path.exists()
    before = session.train
    broken = upload(tmp_path, "broken.zip", b"no zip at all")
    cleared, view = events.learning.bring(session, broken).values()
    assert cleared is None and "pv-error" in view and session.train is before


def test_looking_without_a_verdict(events, session, tmp_path):
    values = np.random.default_rng(0).normal(0, 1, (6, 20, 10)).astype(np.float32)
    whole = upload(tmp_path, "a.npy", npy(values))
    found = events.brought(session, whole, LOOK)
    cleared, trouble, words, shown = (found[n] for n in ("file", *ANSWER))
    assert cleared is None and trouble == "" and "There is no verdict" in words
    assert "6 x 20 x 10 voxels" in words and "vc-card" not in words
    assert "data-scene" in shown and "data-opacity" not in shown
    kept = session.shown
    cut = upload(tmp_path, "cut.npy", npy(values)[:200])
    cleared, trouble = events.brought(session, cut, LOOK).values()
    assert cleared is None and "pv-error" in trouble and "cut.npy" in trouble
    assert session.shown is kept, "what was there stays"


def test_verdicts_come_with_their_warning(events, session, panel, monkeypatch):
    monkeypatch.setitem(panels.PANELS, "phantom", lambda: panel)
    trouble, words, shown = answered(events.known(session, 2, "phantom"))
    assert words.count("vc-card") >= 3 and "Only phantoms." in words and "Made for a test" in words
    assert "Right on 90.0 %" in words and "data-opacity" in shown
    truth = session.test.classes[session.test.labels[2]]
    assert f"<b>{truth}</b>" in words and words.count("right</i>") + words.count("wrong</i>") == 3
    assert events.known(Session(), 1, LOOK) == {}
    assert "pv-note" in events.answer(Session(), LOOK)["answer"], (
        "nothing is there to be asked about"
    )


def test_ones_own_networks_are_asked(events, session, panel):
    trouble, words, shown = answered(events.known(session, 0, OWN))
    assert "no networks of yours" in trouble and "no verdict" in words and "data-scene" in shown, (
        "it is shown all the same"
    )
    session.own = panel
    trouble, words, shown = answered(events.answer(session, OWN))
    assert trouble == "" and words.count("<article") == 3 and "data-network" in shown


def test_of_many_classes_the_likeliest_are_shown(events, session):
    from plugins.volume_classification.learning.training import Run

    whole = phantoms(36, 3, size=16)
    many = replace(whole, labels=np.arange(36) % 12, classes=tuple(f"kind {i}" for i in range(12)))
    run = Run(Settings(kind="2d", width=4, steps=2, symmetry="none"), split(many))
    list(run.advance())
    session.own = Panel(OWN, "Many", {"2d": run.finish().trained})
    session.shown = many.volume(0)
    (one,) = (judged := judge(session.own, session.shown)).evidence
    best = np.argsort(judged.verdicts[0].probabilities)[::-1][:8]
    assert one.classes == tuple(f"kind {i}" for i in sorted(best)) and len(one.maps) == 8
    _, words, shown = answered(events.answer(session, OWN))
    assert f'data-best="{judged.verdicts[0].answer}"' in shown
    assert "6 classes are less likely still" in words


def test_networks_are_taken_home_and_brought_back(events, session, panel, tmp_path):
    from plugins.volume_classification.learning.zip_export import NAME, write_models

    with pytest.raises(ParagoneError, match="no networks of yours"):
        write_models(tmp_path, session)
    session.own = panel
    path = write_models(tmp_path, session)
    assert path.name == NAME
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names == ["2d.safetensors", "2.5d.safetensors", "3d.safetensors", "README.md"]
        assert "not for diagnosis" in archive.read("README.md").decode()
    other = Session()
    shown = events.load(other, upload(tmp_path, "mine.zip", data))
    cleared, words, asked = shown.values()
    assert cleared is None and "2.5-D" in words and asked.value == OWN
    values = session.test.values[:4]
    for kind, trained in session.own.networks.items():
        found = other.own.networks[kind].probabilities(values)
        assert np.abs(found - trained.probabilities(values)).max() < 1e-5
    kept = other.own
    for name, body in (("no.zip", b"PK"), ("empty.zip", zipped({})), ("bad.zip", zipped(
        {"3d.safetensors": b"nothing"}))):  # fmt: skip
        _, words = events.load(other, upload(tmp_path, name, body)).values()
        assert "pv-error" in words and other.own is kept
    session.forget()
    assert not path.exists(), "what was written goes with the visit"


def test_another_phantom_and_its_twin(events, panel, monkeypatch):
    monkeypatch.setattr(panels, "phantom_panel", lambda: panel)
    session = Session()
    waiting, found = events.another(session)
    shown, words = found.values()
    assert list(waiting) == ["lesson_note"] and "Asking" in waiting["lesson_note"]
    seed, label = session.phantom
    assert f"{seed:,}" in words and "data-lesson" in shown
    *_, found = events.twin(session)
    twin = found["lesson"]
    assert session.phantom == (seed, 1 - label)
    truths = {one.split('"')[1] for text in (shown, twin) for one in text.split("data-truth=")[1:]}
    assert truths == {"nodule", "vessel"}


def test_models_that_are_missing_leave_the_lesson(events, monkeypatch, tmp_path):
    missing = replace_folder(tmp_path)
    monkeypatch.setattr(panels, "phantom_panel", missing)
    session = Session()
    session.phantom = 4, 1
    *_, found = events.another(session)
    assert (
        list(found) == ["lesson_note"]
        and "pv-error" in found["lesson_note"]
        and session.phantom == (4, 1)
    )
    events.warm()


def replace_folder(folder: Path):
    """The panel, looked for where nothing is."""
    wanted = panels.phantom_panel.__wrapped__
    return lambda: wanted(folder)


def test_many_test_volumes_are_not_all_listed(events, monkeypatch):
    monkeypatch.setattr(learn_events, "LISTED", 2)
    known = events.learning.simulate(Session(), 20)["known"]
    assert len(known.choices) == 2


def test_a_set_that_the_networks_cannot_take_is_said(events, session):
    session.test = replace(session.test, classes=("a", "b"))
    last = list(train(events, session))[-1]
    assert "pv-error" in last["status"] and not session.running


def test_what_nobody_foresaw_frees_the_buttons_and_the_place(events, session, monkeypatch):
    def broken(*_):
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(learn_events.plots, "results", broken)
    seen = []
    with pytest.raises(RuntimeError, match="nobody foresaw"):
        for frame in train(events, session):
            seen.append(frame)
    assert seen[-1]["train"].interactive and not session.running and not events.learning.runs.busy


def test_of_several_series_each_can_be_looked_at(events, tmp_path):
    session = Session()
    longer, other = lump(9, 8, 8), lump(4, 8, 8, seed=1)
    files = series(other, SeriesInstanceUID="1.2.4") + series(longer)
    data = zips.zipped({f"{i}.dcm": one for i, one in enumerate(files)})
    shown = events.brought(session, upload(tmp_path, "scans.zip", data), LOOK)
    assert shown["part"].visible and shown["part"].value == 0 and len(session.parts) == 2
    assert [title for title, _ in shown["part"].choices] == [
        "series 2: 9 pictures of 8 x 8", "series 1: 4 pictures of 8 x 8",
    ]  # fmt: skip
    assert shown["series"].count("<img") == 2 and session.shown.values.shape == (9, 8, 8)
    assert events.part(session, 1, LOOK)["look"] and session.shown.values.shape == (4, 8, 8)
    assert events.part(session, 2, LOOK) == {} and session.shown.values.shape == (4, 8, 8)
    one = events.brought(session, upload(tmp_path, "one.npy", npy(lump(8, 8, 8))), LOOK)
    assert not one["part"].visible and one["series"] == ""


def test_no_more_of_a_series_in_time_is_kept_than_fits(events, tmp_path):
    session = Session()
    moments = np.stack([lump(5, 6, 7, seed=i) for i in range(9)], 3)
    shown = events.brought(session, upload(tmp_path, "bold.nii", nifti(moments)), LOOK)
    assert len(session.parts) == len(shown["part"].choices) == 6
    assert "3 more are in the file" in shown["series"]


def test_all_three_take_as_many_steps_and_the_curve_ends_where_the_table_is(events, session):
    list(train(events, session, budget=0.6))
    steps = {kind: one.steps for kind, one in session.outcomes.items()}
    planned = {run.settings.steps for run in session.runs.values()}
    assert len(planned) == 1 and max(steps.values()) <= planned.pop()
    for kind, run in session.runs.items():
        assert run.progress[-1].balanced == session.outcomes[kind].report.balanced


def test_who_has_hardly_learnt_is_told_and_who_has_is_not(session):
    from plugins.volume_classification.learning.training import Run
    from plugins.volume_classification.views.verdicts import HARDLY, trained

    made = {"width": 4, "batch": 4, "budget": 3600, "shift": 0, "scaling": 0}
    for steps, told in ((3, True), (HARDLY, False)):
        run = Run(Settings(kind="2d", steps=steps, **made), (session.train, session.test))
        list(run.advance())
        words = trained({"2d": run}, {"2d": run.finish()})
        assert ("2-D is hardly trained: 3 steps" in words) == told


def test_a_set_is_brought_to_the_size_that_was_chosen(events, tmp_path):
    session = Session()
    files = {f"{name}/{i}.npy": npy(lump(24, 24, 24, seed=i)) for name in "ab" for i in range(3)}
    events.learning.bring(session, upload(tmp_path, "set.zip", zips.zipped(files)), 16)
    assert session.train.size == 16
    shown = events.learning.bring(session, upload(tmp_path, "z.zip", zips.zipped(files)), 7)
    assert "size" in shown["about"] and session.train.size == 16


def test_the_network_that_learns_nothing_stands_in_the_table_first(events, session):
    from weights import Weights

    events.learning.ctx = Context()
    events.learning.ctx.backbone = Weights().backbone
    frames = list(train(events, session, scale="auto", quick=True))
    assert session.quick.report.confusion.sum() == len(session.test)
    results = next(f["results"] for f in reversed(frames) if "results" in f)
    assert results.index("train-free") < results.index(">2-D<")
    list(train(events, session))
    assert session.quick is None

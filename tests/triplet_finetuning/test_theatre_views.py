"""What is seen on the triplet page: the numbers drawn are the numbers given, names are text, and
odd data breaks nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from plugins.shared.faces.measured.operating_curves import OperatingCurve, Rate
from plugins.shared.page.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Axes,
    clock,
    nice,
    number,
    percent,
    spread,
    thinned,
    ticks,
)
from plugins.shared.page.plots import MOST as POINTS
from plugins.triplet_finetuning.data.picture_set import PictureSet
from plugins.triplet_finetuning.recorded import WORKS, recorded
from plugins.triplet_finetuning.settings import Settings
from plugins.triplet_finetuning.training.evaluate import Figures, Report
from plugins.triplet_finetuning.training.events import Evaluation, Scene, Step, Triplet
from plugins.triplet_finetuning.training.pair_classifier import Comparison, Head, Judged
from plugins.triplet_finetuning.views.anchor_plane import REACH, plane
from plugins.triplet_finetuning.views.contact_sheet import CELL, MOST, Sheet
from plugins.triplet_finetuning.views.curves import evaluations_plot, loss_plot, plots, shares_plot
from plugins.triplet_finetuning.views.encoding_map import encoding_map
from plugins.triplet_finetuning.views.pair_head import pair, reliability, strip, table
from plugins.triplet_finetuning.views.status import DONE, PAUSED, STOPPED, status, waiting
from plugins.triplet_finetuning.views.summary import summary, summary_of
from plugins.triplet_finetuning.views.triplet_cards import formula, page_asset, triplets
from tests.shared.faces.markup import EVIL, Page, decoded, safe

NAN = float("nan")
LARGEST = 60_000


@pytest.fixture
def pictures() -> PictureSet:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 6)
    chips = rng.integers(0, 256, (24, 40, 40, 3), dtype=np.uint8)
    files = tuple(f"file {i} {EVIL}" for i in range(24))
    return PictureSet("set", "", chips, labels, (EVIL, "Ada", "Grace", "Κλειώ"), files)


def kind(ap: float, an: float, margin: float = 0.2) -> str:
    return "hard" if an <= ap else "semihard" if an < ap + margin else "easy"


def triplet(a: int, p: int, n: int, ap: float, an: float) -> Triplet:
    return Triplet(a, p, n, ap, an, max(ap - an + 0.2, 0), kind(ap, an))


@pytest.fixture
def scene(pictures) -> Scene:
    rng = np.random.default_rng(1)
    distances = rng.uniform(0.1, 1.2, 24)
    distances[[0, 1, 8]] = 0, 0.6, 0.4
    points = rng.normal(size=(24, 2))
    points[0] = 0
    hardest = (triplet(0, 1, 8, 0.6, 0.4), triplet(2, 3, 9, 0.5, 0.6), triplet(4, 5, 10, 0.1, 0.7))
    same = pictures.labels == 0
    return Scene((0.5, 0.3, 0.2), hardest, np.arange(24), distances, same, points)


def steps(count: int, loss=lambda n: 1 / n) -> list[Step]:
    found = [Step(0, NAN, 0, NAN, evaluation=Evaluation(0.5, 0.25, 0.4, np.empty(0)))]
    empty = (np.empty(0),) * 4
    for n in range(1, count + 1):
        seen = Evaluation(0.75, 0.5, 0.125, np.empty(0)) if n % 10 == 0 else None
        shown = Scene((0.7, 0.2, 0.1), (), *empty)
        found.append(Step(n, loss(n), 5, 0.05, n / 10, shown, seen))
    return found


# --- numbers --------------------------------------------------------------------------------------


def test_numbers_are_written_for_people():
    assert (number(-0.25), number(NAN), number(1, 1)) == ("−0.250", "–", "1.0")
    assert (percent(0.1234), percent(NAN)) == ("12.3 %", "–")
    assert [clock(s) for s in (5, 185, 7800, NAN, -1)] == [
        "5 s",
        "3 min 05 s",
        "2 h 10 min",
        "–",
        "0 s",
    ]


def test_axes_end_at_short_numbers():
    assert [nice(v) for v in (0.42, 1, 1.2, 7, 0, NAN, math.inf)] == [0.5, 1, 1.5, 8, 1, 1, 1]
    assert ticks(1.5) == [(0, "0"), (0.5, "0.5"), (1, "1"), (1.5, "1.5")]
    assert [words for _, words in ticks(0.5)] == ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]
    chosen = thinned(1000)
    assert (len(chosen), chosen[0], chosen[-1]) == (POINTS, 0, 999)
    assert thinned(3).tolist() == [0, 1, 2]


def test_names_keep_clear_of_each_other():
    assert spread([10, 12, 50], 11, 0, 100) == [10, 21, 50]
    assert spread([98, 99], 11, 0, 100) == [88, 99] or spread([98, 99], 11, 0, 100) == [89, 100]
    assert spread([], 11, 0, 100) == [] and spread([5], 11, 20, 100) == [20]


# --- the formula and the triplets -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ap", "an", "words"),
    [
        (0.6, 0.4, "0.200 nearer than P: a hard"),
        (0.5, 0.6, "0.100 farther than P, which is not enough: semi-hard"),
        (0.1, 0.7, "0.600 farther than P: easy"),
        (0.5, 0.5, "as near as P: a hard"),
    ],
)
def test_the_formula_holds_the_numbers(ap, an, words):
    one = triplet(0, 1, 2, ap, an)
    page = Page(formula(Settings(), one))
    assert words in page.text and "squared Euclidean" in page.text
    shown = [float(x) for x in re.findall(r"\d\.\d{3}", page.text)[:4]]
    assert shown == pytest.approx([one.loss, ap, an, 0.2], abs=5e-4)


def test_the_formula_without_a_triplet():
    text = Page(formula(Settings(margin=0.5, distance="cosine"))).text
    assert "–" in text and "No triplet yet" in text and "0.500" in text and "cosine" in text


def test_triplets_show_pictures_bars_and_kinds(scene, pictures):
    html = triplets(scene, pictures, 0.2)
    page = safe(html)
    assert len(page.all("img")) == 9 and decoded(page.all("img")[0]["src"]).size == (40, 40)
    assert [i["alt"] for i in page.all("img")[:3]] == [
        f"anchor: {EVIL}",
        f"positive: {EVIL}",
        "negative: Ada",
    ]
    widths = [float(x) for x in re.findall(r'<i style="width:([\d.]+)%', html)]
    given = [x / 0.8 * 100 for t in scene.hardest for x in (t.ap, t.an)]
    assert widths == pytest.approx(given, abs=0.01) and "from 0 to 0.8" in page.text
    goals = [float(x) for x in re.findall(r'<u style="left:([\d.]+)%', html)]
    assert goals[::2] == goals[1::2] == pytest.approx([100, 87.5, 37.5], abs=0.01)
    for word in ("hard", "semi-hard", "easy", "0.400", "0.100"):
        assert word in page.text
    assert html.count("tf-triplet is-empty") == 3


def test_triplets_without_any_and_with_none_that_is_a_number(scene, pictures):
    for empty in (None, replace(scene, hardest=())):
        html = triplets(empty, pictures, 0.2)
        assert html.count("is-empty") == 6 and "No triplet counts" in Page(html).text
    broken = Triplet(0, 1, 8, NAN, math.inf, NAN, "hard")
    html = triplets(replace(scene, hardest=(broken,)), pictures, 0.2)
    assert "nan" not in html.replace("anchor", "") and "inf" not in html and "–" in html


# --- the plane ------------------------------------------------------------------------------------


def marks(html: str) -> dict[str, tuple[float, float, str]]:
    found = re.findall(
        r'class="(tf-mark[^"]*)" title="([^"]*)" style="left:([\d.]+)%;top:([\d.]+)%', html
    )
    return {title: (float(x), float(y), css) for css, title, x, y in found}


def test_the_plane_keeps_distances_and_directions(scene, pictures):
    html = plane(scene, pictures, 0.2)
    page = safe(html)
    end = float(re.search(r"scale: ([\d.]+)", page.text)[1])
    drawn = re.findall(
        r'title="([^"]*): d = ([\d.]+), [^"]*" style="left:([\d.]+)%;top:([\d.]+)%', html
    )
    assert len(drawn) == 23
    for _, distance, x, y in drawn:
        far = math.dist((float(x), float(y)), (50, 50))
        assert far == pytest.approx(REACH * min(float(distance) / end, 1), abs=0.05)
    i = 8
    x, y = next((float(x), float(y)) for n, d, x, y in drawn if n == "Ada" and d == "0.400")
    angle = math.atan2(50 - y, x - 50)
    assert angle == pytest.approx(math.atan2(scene.points[i, 1], scene.points[i, 0]), abs=0.01)
    radii = {
        k: float(r) for k, r in re.findall(r'class="tf-(inner|outer)"[^>]* r="([\d.]+)"', html)
    }
    assert radii["inner"] == pytest.approx(REACH * 0.6 / end, abs=0.01)
    assert radii["outer"] == pytest.approx(REACH * 0.8 / end, abs=0.01)
    assert "d(A, P) = 0.600" in page.text and "d(A, P) + α = 0.800" in page.text


def test_the_plane_counts_kinds_of_negatives(scene, pictures):
    html = plane(scene, pictures, 0.2)
    far = scene.distances[6:]
    counts = (far <= 0.6).sum(), ((far > 0.6) & (far < 0.8)).sum(), (far >= 0.8).sum()
    text = Page(html).text
    for words, count in zip(("inside: ", "in the ring: ", "beyond: "), counts, strict=True):
        assert f"{words}{count}" in text
    for css, count in zip(("hard", "semihard", "easy"), counts, strict=True):
        assert len(re.findall(rf'class="tf-mark is-n is-{css} ', html)) == count
    assert len(re.findall('class="tf-mark is-p', html)) == 5
    chosen = {title: css for title, (*_, css) in marks(html).items() if "is-chosen" in css}
    assert len(chosen) == 3 and any("the anchor" in title for title in chosen)


def test_far_pictures_stay_on_the_rim_and_are_counted(scene, pictures):
    distances = np.where(np.arange(24) > 20, 3.9, scene.distances)
    html = plane(replace(scene, distances=distances), pictures, 0.2)
    assert "farther out: 3" in Page(html).text
    for x, y, _ in marks(html).values():
        assert math.dist((x, y), (50, 50)) <= REACH + 0.02


def test_odd_batches_break_no_plane(scene, pictures):
    for none in (None, replace(scene, hardest=())):
        assert "No triplet to show" in Page(plane(none, pictures, 0.2)).text
    broken = (Triplet(0, 1, 8, NAN, NAN, NAN, "hard"),)
    assert "No triplet to show" in plane(replace(scene, hardest=broken), pictures, 0.2)
    nans = replace(scene, distances=np.full(24, NAN), points=np.full((24, 2), NAN))
    html = plane(nans, pictures, 0.2)
    assert len(marks(html)) == 1 and "nan" not in html.lower()
    one = Scene((1, 0, 0), scene.hardest[:1], *(a[:1] for a in _arrays(scene)))
    assert len(marks(plane(one, pictures, 0.2))) == 1
    zero = replace(scene, distances=np.zeros(24), points=np.zeros((24, 2)))
    assert all((x, y) == (50, 50) for x, y, _ in marks(plane(zero, pictures, 0.2)).values())
    twice = replace(scene, indices=np.where(np.arange(24) == 2, 1, scene.indices))
    assert "P</b>" in plane(twice, pictures, 0.2)


def _arrays(scene: Scene) -> tuple[np.ndarray, ...]:
    return scene.indices, scene.distances, scene.same, scene.points


# --- the map --------------------------------------------------------------------------------------


def test_the_map_moves_the_same_elements(pictures):
    rng = np.random.default_rng(2)
    places = [rng.uniform(0.1, 0.9, (24, 2)) for _ in range(2)]
    thumbs = Sheet.of(pictures.chips, range(12))
    frames = [encoding_map(p, pictures.labels, pictures.names, thumbs, EVIL) for p in places]
    for points, html in zip(places, frames, strict=True):
        found = re.findall(
            r'id="tf-map-(\d+)"[^>]*style="left:([\d.]+)%;top:([\d.]+)%;--tf-hue', html
        )
        assert [int(i) for i, *_ in found] == list(range(24))
        drawn = np.array([[float(x), float(y)] for _, x, y in found])
        assert np.allclose(drawn, 100 * points, atol=0.051)
        page = safe(html)
        assert all(name in page.text for name in pictures.names)
        assert html.count("is-picture") == html.count("is-dot") == 12
    shapes = [re.sub(r"(left|top):[\d.]+%", "", html) for html in frames]
    assert [re.findall(r"<\w+", s) for s in shapes][0] == re.findall(r"<\w+", shapes[1])


def test_odd_maps():
    assert "0 held-out pictures" in encoding_map(np.empty((0, 2)), np.empty(0, int), ())
    one = encoding_map(np.array([[0.5, 0.5]]), np.array([0]), (EVIL,))
    assert "left:50.0%;top:50.0%" in one and safe(one)
    broken = encoding_map(np.array([[NAN, 0.5], [9, -9]]), np.array([0, 1]), ("a", "b"))
    assert broken.count("is-gone") == 1 and "left:98.0%;top:2.0%" in broken
    assert "nan" not in broken


# --- sizes ----------------------------------------------------------------------------------------


def test_frames_stay_small():
    """With coarse pictures, at the largest batch that the page offers."""
    rng = np.random.default_rng(3)
    rough = rng.integers(0, 256, (512, 4, 4, 3), dtype=np.uint8)
    chips = rough.repeat(28, axis=1).repeat(28, axis=2)
    labels = np.repeat(np.arange(32), 16)
    names = tuple(f"identity {i} with a rather long name" for i in range(32))
    files = tuple(f"{i}.jpg" for i in range(512))
    many = PictureSet("", "", chips, labels, names, files)
    hardest = tuple(triplet(i, i + 1, 20 + i, 0.6, 0.4) for i in range(6))
    distances = rng.uniform(0, 1.4, 512)
    points = rng.normal(size=(512, 2))
    crowd = Scene((0.5, 0.3, 0.2), hardest, np.arange(512), distances, labels == 0, points)
    assert len(triplets(crowd, many, 0.2)) < LARGEST
    html = plane(crowd, many, 0.2)
    assert len(html) < LARGEST and "not drawn: 351" in Page(html).text
    places = rng.uniform(0, 1, (240, 2))
    thumbs = Sheet.of(chips[:240], range(240))
    assert len(thumbs.cells) == MOST
    assert len(encoding_map(places, labels[:240], names, thumbs)) < LARGEST
    assert len(plots({"hard": steps(2000), "random": steps(2000)}, Settings(steps=2000))) < LARGEST


def test_a_sheet_holds_each_picture_in_its_cell():
    chips = np.zeros((5, 10, 10, 3), np.uint8)
    chips[:, :, :, 0] = np.arange(5)[:, None, None] * 50
    sheet = Sheet.of(chips, [4, 2, 4, 0])
    image = np.asarray(decoded(re.search(r"url\((.*?)\)", sheet.style)[1])).astype(int)
    assert image.shape == (2 * CELL, 2 * CELL, 3) and sheet.cells == {4: 0, 2: 1, 0: 2}
    assert abs(image[5, 5, 0] - 200) < 12 and abs(image[5, CELL + 5, 0] - 100) < 12
    assert sheet.place(2) == "background-position:100.00% 0.00%"
    assert Sheet.of(chips, []).cells == {}


# --- the plots ------------------------------------------------------------------------------------


def values(path: str, axes: Axes) -> list[tuple[float, float]]:
    """A path's points back in the plot's own units."""
    found = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    across, down = WIDTH - LEFT - axes.right, HEIGHT - BOTTOM - TOP
    return [
        (
            (float(x) - LEFT) / across * axes.x_end,
            (HEIGHT - BOTTOM - float(y)) / down * axes.y_end,
        )
        for x, y in found
    ]


def test_the_loss_plot_draws_the_losses():
    settings = Settings(steps=50)
    html = loss_plot({"hard": steps(50)}, settings)
    path = re.search(r'class="tf-line is-run0" d="([^"]*)"', html)[1]
    drawn = values(path, Axes(50, 1))
    assert [x for x, _ in drawn] == pytest.approx(range(1, 51), abs=0.05)
    assert [y for _, y in drawn] == pytest.approx([1 / n for n in range(1, 51)], abs=0.005)
    y = float(re.search(r'<line class="tf-alpha"[^>]*y1="([\d.]+)"', html)[1])
    assert y == pytest.approx(Axes(50, 1).down(0.2), abs=0.06)
    assert "α = 0.2: stuck here = collapse" in Page(html).text


def test_two_runs_are_named_and_thinned():
    html = loss_plot({"hard": steps(900), "random": steps(900)}, Settings(steps=900))
    page = Page(html)
    assert "hard" in page.text and "random" in page.text
    for rank in (0, 1):
        path = re.search(rf'class="tf-line is-run{rank}" d="([^"]*)"', html)[1]
        drawn = values(path, Axes(900, 1))
        assert len(drawn) == POINTS and drawn[-1][0] == pytest.approx(900, abs=0.5)
    both = plots({"hard": steps(20), "random": steps(20)}, Settings(steps=20), best=10)
    assert Page(both).text.count("dashed: random") == 2
    assert Page(both).text.count("Triplets of a batch") == 2 and both.count("<svg") == 6


def test_looks_and_shares_draw_what_was_measured():
    settings = Settings(steps=20)
    html = evaluations_plot({"hard": steps(20)}, settings, best=10)
    for css, first, last in (("recall", 0.5, 0.75), ("shot", 0.25, 0.5), ("eer", 0.4, 0.125)):
        drawn = values(re.search(rf'class="is-{css}" d="([^"]*)"', html)[1], Axes(20, 1))
        assert drawn[0] == pytest.approx((0, first), abs=0.01)
        assert drawn[-1] == pytest.approx((20, last), abs=0.01)
    x = float(re.search(r'class="tf-best" x1="([\d.]+)"', html)[1])
    assert x == pytest.approx(Axes(20, 1).across(10), abs=0.06)
    html = shares_plot(steps(20), settings)
    assert all(words in Page(html).text for words in ("70.0 %", "20.0 %", "10.0 %"))
    top = values(re.search(r'tf-area is-semihard" d="([^"]*)"', html)[1], Axes(20, 1))
    assert max(y for _, y in top) == pytest.approx(0.3, abs=0.01)
    assert min(y for _, y in top) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    "odd",
    [
        [],
        steps(0),
        steps(1),
        steps(5, lambda n: NAN),
        steps(5, lambda n: math.inf),
        [replace(s, scene=s.scene and replace(s.scene, shares=(NAN,) * 3)) for s in steps(5)],
        [
            replace(s, evaluation=s.evaluation and replace(s.evaluation, eer=NAN, recall=NAN))
            for s in steps(12)
        ],
    ],
)
def test_odd_runs_break_no_plot(odd):
    html = plots({"semihard": odd, EVIL: odd}, Settings(steps=5))
    assert "nan" not in html and "inf" not in html
    page = Page(html)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for _, attrs in page.tags:
        for name in ("x", "x1", "x2", "cx"):
            assert -1 <= float(attrs.get(name, 0)) <= WIDTH
        for name in ("y", "y1", "y2", "cy"):
            assert -1 <= float(attrs.get(name, 0)) <= HEIGHT


# --- how far a run is -----------------------------------------------------------------------------


def test_the_status_tells_step_pace_time_and_best():
    html = status(30, 120, left=95, pace=4.25, best=25)
    page = Page(html)
    assert "Step 30 of 120, 4.2 a second, about 1 min 35 s left" in page.text
    assert "So far the best weights are those of step 25." in page.text and "width:25%" in html
    assert "role" not in html
    assert "the best weights are those of step 25, and they are kept" in status(
        30, 120, STOPPED, best=25
    )
    assert "Paused." in status(30, 120, PAUSED) and "Done." in status(120, 120, DONE)
    assert "left" not in Page(status(0, 120)).text and "nan" not in status(0, 0)


def test_a_collapse_is_an_alarm():
    page = safe(status(9, 120, warning=f"A collapse {EVIL}. Try a lower rate."))
    (alarm,) = (attrs for _, attrs in page.tags if attrs.get("role") == "alert")
    assert alarm["class"] == "pv-error" and "Try a lower rate." in page.text


def test_the_queue_tells_place_and_time():
    assert "1 run is ahead of you." in Page(waiting(1, 40)).text
    text = Page(waiting(3, 200)).text
    assert "3 runs are ahead" in text and "about 3 min 20 s" in text
    assert "Your turn" not in waiting(2, NAN)


# --- what it came to ------------------------------------------------------------------------------


def figures(recall: float, shift: int, interval: tuple[float, float] | None) -> Figures:
    cells = np.arange(100)
    genuine = np.exp(-(((cells - 30) / 12) ** 2)) * 1000
    impostor = np.exp(-(((cells - 30 - shift) / 12) ** 2)) * 1000
    curve = OperatingCurve(4.0, genuine.astype(int), impostor.astype(int), None, interval)
    one_shot = (0.5, 0.05) if recall < 0.9 else (0.45, 0.05)
    return Figures(recall, one_shot, curve, (curve.fmr, 1 - curve.fnmr))


CHANGES = {"recall": (0.02, 0.2), "one_shot": (-0.2, 0.1), "eer": (-0.3, -0.1)}
"""Between which ends the change lies: better, not clear, better."""


def test_the_summary_sets_before_beside_after():
    before, after = figures(0.8, 10, (0.1, 0.3)), figures(0.9, 40, (0.0, 0.05))
    html = summary(Report(before, after, 8, 533, CHANGES), 150, 300, 61.2, 4.9)
    text = Page(html).text
    for words in ("80.0 %", "90.0 %", "50.0 %", "45.0 %", "40.0 % – 60.0 %", "61 s", "4.9 steps"):
        assert words in text
    assert "step 150 of 300" in text and "on 8 identities" in text
    assert re.findall(r"<em>(.*?)</em>", html) == ["better", "no clear change", "better"]
    turned = {name: (-high, -low) for name, (low, high) in CHANGES.items()}
    again = Page(summary(Report(after, before, 8, 533, turned), 0, 300, 61.2, 4.9)).text
    assert "worse" in again and "60.0 %" in again
    same = summary(Report(before, before, 8, 533), 0, 300, NAN, NAN)
    assert re.findall(r"<em>(.*?)</em>", same) == ["unchanged"] * 3
    assert f"AUC {number(before.curve.area)}" in text and f"AUC {number(after.curve.area)}" in text
    paths = re.findall(r'class="tf-line is-run[01]" d="(M[^"]*L[^"]*)"', html)
    drawn = values(paths[1], Axes(1, 1, right=12))
    close = np.array(
        [np.hypot(after.curve.fmr - x, 1 - after.curve.fnmr - y).min() for x, y in drawn]
    )
    assert close.max() < 0.01 and len(html) < LARGEST


def test_categories_that_were_chosen_are_said_to_be():
    run = recorded(WORKS)
    words = "chosen from several choices because a gain is seen"
    assert words in Page(summary_of(run, run)).text
    other = SimpleNamespace(learnt=1, held_out=SimpleNamespace(names=("mine",)))
    assert words not in Page(summary_of(other, run)).text


def test_few_identities_carry_no_verdict():
    before, after = (Figures(r, (s, 0.05), *rest) for r, s, rest in (
        (0.1, 0.5, _rest(10)), (0.9, 0.6, _rest(40)),
    ))  # fmt: skip
    html = summary(Report(before, after, 4, 40, dict.fromkeys(CHANGES, (NAN, NAN))), 1, 2, 1, 1)
    assert re.findall(r"<em>(.*?)</em>", html) == ["too few to tell"] * 3
    assert "Fewer than 5 identities" in html and " – " not in Page(html).text
    assert isinstance(before.plain["eer"], float), "no range either for those who call"


def _rest(shift: int) -> tuple:
    known = figures(0.5, shift, None)
    return known.curve, known.roc


# --- the Siamese head -----------------------------------------------------------------------------


SCATTER = np.linspace(-0.1, 0.1, 50)
"""Of the EER over draws: the second head's gain of 0.05 is within it."""


@pytest.fixture
def comparison() -> Comparison:
    low, high = np.zeros(8), np.ones(8)
    judged = []
    for name, size, eer in (("distance", 1, 0.3), ("difference", 8, 0.25), ("chi_square", 8, 0.1)):
        head = Head(name, np.linspace(-2, -1, size), 1.0, low, high)
        rates = Rate(eer, eer - 0.05, eer + 0.05), Rate(0.9, 0.8, 0.95), Rate(0.7, 0.6, 0.8)
        told = ((0.1, 0.2, 0.5), (0.9, 0.8, 0.5))
        judged.append(Judged(head, *rates, 0.2, told, eer + SCATTER * (name == "difference")))
    return Comparison(tuple(judged), 100, 40, 60, 8)


def test_a_pair_is_shown_from_pictures_to_probability(pictures, comparison):
    plain, difference, chi = comparison.heads
    encodings = np.random.default_rng(4).normal(size=(24, 8))
    for head in (difference, chi):
        html = pair(pictures, encodings, 1, 20, head, plain)
        page = safe(html)
        p = head.probability(encodings[1], encodings[20])[0]
        d = np.linalg.norm(encodings[1] - encodings[20])
        assert f"p = {number(p)}" in page.text and f"d = {number(d)}" in page.text
        assert "τ = 0.500" in page.text  # -b / w of the plain distance.
        assert len(page.all("img")) == 2 and html.count("pv-strip") == 5
        assert page.text.count("wrong") + page.text.count("right") == 2
    assert "Different" in Page(pair(pictures, encodings, 1, 20, difference, plain)).text


def test_strips_draw_every_number():
    given = np.array([0.5, -1, 0, 0.25])
    html = strip(given, -1, 1, EVIL)
    bars = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", html)
    assert [(float(a) - float(b)) / 50 for a, b in bars] == pytest.approx(given.tolist(), abs=2e-3)
    signed = strip(given, -1, 1, "", signed=True)
    up, down = re.findall(r'class="is-(?:up|down)"[^>]* d="([^"]*)"', signed)
    assert (up.count("M"), down.count("M")) == (3, 1)
    for odd in (np.full(3, NAN), np.zeros(3), np.array([1.0])):
        assert "nan" not in strip(odd, 0, float(odd.max()), "")


def test_the_table_tells_whether_a_head_helps(comparison):
    text = Page(table(comparison)).text
    assert "30.0" in text and "25.0 – 35.0" in text and "0.900" in text and "0.200" in text
    assert "logistic regression on χ² helps" in text and comparison.sentence in text
    assert "lower by 20.0 % to 20.0 %" in text
    near = Comparison(comparison.judged[:2], 100, 40, 60, 8)
    assert "that may be chance" in Page(table(near)).text
    few = tuple(replace(one, eer=Rate(one.eer.value, NAN, NAN)) for one in comparison.judged)
    untold = Page(table(Comparison(few, 100, 40, 60, 3))).text
    assert "Fewer than 5 identities cannot tell" in untold and "nan" not in untold
    worse = tuple(replace(one, eer=Rate(0.4, 0.3, 0.5)) for one in comparison.judged[1:])
    poor = Comparison((comparison.judged[0], *worse), 100, 40, 60, 8)
    assert "do not help" in Page(table(poor)).text
    assert 'class="is-best"' in table(comparison)


def test_reliability_is_drawn_for_each(comparison):
    html = reliability(comparison)
    for name in ("distance", "difference", "chi_square"):
        path = re.search(rf'class="tf-line is-{name}" d="([^"]*)"', html)[1]
        points = values(path, Axes(1, 1, right=84))
        assert np.allclose(points, [(0.1, 0.2), (0.9, 0.8)], atol=0.01)
    empty = Comparison(tuple(replace(one, reliability=()) for one in comparison.judged), 1, 1, 1, 2)
    assert "nan" not in reliability(empty) and Page(reliability(empty))


# --- the style ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize(("part", "ground"), [("body {", "#ffffff"), ("body.dark", "#1f2937")])
def test_colours_can_be_read_on_their_ground(part, ground):
    line = page_asset("theatre.css").split(part, 1)[1].split("}", 1)[0]
    known = dict(re.findall(r"--tf-(a|p|n|margin): (#\w{6})", line))
    assert len(known) == 4
    for colour in known.values():
        light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5

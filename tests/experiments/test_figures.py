"""What the figures show is what the runs hold."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from omegaconf import OmegaConf
from synthetic_runs import write_run

from experiments.figures import FIGURES, draw, main
from experiments.paper.curves import alpha_figure, steps_figure
from experiments.paper.loss_figure import loss_figure
from experiments.paper.rank_figure import rank_figure
from experiments.paper.robustness import alpha_steps_figure, target_figure
from experiments.paper.scatter_figure import scatter_figure
from experiments.runs.config import compose_config
from experiments.runs.results import read_runs
from experiments.tasks import load_task
from torchbdi import BDI, InputError

PNG = b"\x89PNG\r\n\x1a\n"


def bars(axes: object) -> dict[str, ErrorbarContainer]:
    return {c.get_label(): c for c in axes.containers}  # type: ignore[attr-defined]


def write_trajectory(folder: Path, steps: list[int], best: list[float]) -> None:
    with (folder / "trajectory.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "best_after_normalised", "median_after_normalised"])
        writer.writerows([s, b, b / 2] for s, b in zip(steps, best, strict=True))


def test_alpha(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.9)
    for alpha, best in ((1e-3, 0.8), (4e-3, 0.7)):
        write_run(tmp_path, best=best, settings={"alpha": alpha})
    for seed in range(3):
        write_run(
            tmp_path, task="hopper", seed=seed, best=1 + seed, settings={"alpha": 0.0},
            data_source="regenerated", loss_total=seed,
        )  # fmt: skip
    write_run(tmp_path, best=0.1, settings={"alpha": 1e-3, "target": 5})  # two changes: not here
    figure = alpha_figure(read_runs([tmp_path]))
    assert figure is not None
    best, median = figure.axes
    lines = bars(best)
    assert set(lines) == {"tfbind8", "hopper, data: regenerated"}
    x, y = lines["tfbind8"].lines[0].get_data()
    assert list(x) == [0, 1e-3, 4e-3]
    assert list(y) == [0.9, 0.8, 0.7]
    assert [tick.get_text() for tick in best.get_xticklabels()] == ["0", "0.001", "0.004"]
    assert list(bars(median)["tfbind8"].lines[0].get_ydata()) == [0.25] * 3
    (bar,) = lines["hopper, data: regenerated"].lines[2]
    assert np.allclose(bar.get_segments()[0][:, 1], [1, 3])  # 2 plus and minus one deviation


def test_steps_are_those_of_the_longest_runs(tmp_path: Path) -> None:
    for seed, top in ((0, 0.6), (1, 0.8)):
        folder = write_run(tmp_path, seed=seed, settings={"steps": 400}, loss_total=seed)
        write_trajectory(folder, [0, 200, 400], [0.4, 0.5, top])
    short = write_run(tmp_path, seed=0)
    write_trajectory(short, [0, 200], [0.1, 0.1])
    write_run(tmp_path, seed=3, settings={"steps": 400}, name="no trajectory")
    figure = steps_figure(read_runs([tmp_path]))
    assert figure is not None
    (line,) = bars(figure.axes[0]).values()
    assert list(line.lines[0].get_xdata()) == [0, 200, 400]
    assert list(line.lines[0].get_ydata()) == pytest.approx([0.4, 0.5, 0.7])
    (line,) = bars(figure.axes[1]).values()
    assert list(line.lines[0].get_ydata()) == pytest.approx([0.2, 0.25, 0.35])


def test_trajectories_of_other_steps_are_not_averaged(tmp_path: Path) -> None:
    for seed, steps in ((0, [0, 400]), (1, [0, 200, 400])):
        folder = write_run(tmp_path, seed=seed, settings={"steps": 400})
        write_trajectory(folder, steps, [0.1] * len(steps))
    with pytest.raises(InputError, match="not saved at the same steps"):
        steps_figure(read_runs([tmp_path]))


def test_ratios_to_the_score_with_a_target_of_10(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.8)
    write_run(tmp_path, best=0.1, seed=1)  # seed 1 has no other target
    write_run(tmp_path, best=0.4, settings={"target": 5.0})
    write_run(tmp_path, best=1.0, settings={"target": 20.0})
    write_run(tmp_path, best=0.1, settings={"target": 20.0, "alpha": 0.5})  # not here
    write_run(tmp_path, task="hopper", best=0.5, settings={"target": 5.0})  # without its own 10
    for task, name in (("ant", "best_of_data_normalised"), ("dkitty", "best_before_raw")):
        for best, target, table in ((1.0, 10.0, 0.4), (2.0, 5.0, 0.3)):  # of two tables
            settings = {} if target == 10.0 else {"target": target}
            write_run(tmp_path, task, best=best, settings=settings, **{name: table})
    figure = target_figure(read_runs([tmp_path]))
    assert figure is not None
    (axes,) = figure.axes
    line, base = axes.lines[0], axes.lines[-1]
    assert line.get_label() == "tfbind8"
    assert [len(other.get_xdata()) for other in axes.lines[1:-1]] == [1, 1]  # their 10s alone
    assert list(line.get_xdata()) == [5, 10, 20]
    assert list(line.get_ydata()) == pytest.approx([0.5, 1.0, 1.25])
    assert list(base.get_ydata()) == [1.0, 1.0]
    assert target_figure(read_runs([tmp_path / "hopper-bdi-0-0.5-5.0"])) is None


@pytest.mark.parametrize("best", [0.0, -0.5])
def test_there_is_no_ratio_to_nothing(
    best: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ratio of two scores below 0 would show the worse one as the better one."""
    for task, own in (("tfbind8", 0.5), ("hopper", best)):
        write_run(tmp_path, task=task, best=own)
        write_run(tmp_path, task=task, best=own - 0.25, settings={"target": 5.0})
    figure = target_figure(read_runs([tmp_path]))
    assert figure is not None
    assert [line.get_label() for line in figure.axes[0].lines][:-1] == ["tfbind8"]
    assert list(figure.axes[0].lines[0].get_ydata()) == [0.5, 1.0]
    assert (
        "left out: hopper: its best score with y_h = 10 is not above 0" in capsys.readouterr().err
    )


def test_the_ant_against_steps_a_line_an_alpha(tmp_path: Path) -> None:
    for alpha, top in ((0.0, 0.6), (1e-3, 0.8)):
        for seed in (0, 1):
            folder = write_run(
                tmp_path, task="ant", seed=seed, settings={"steps": 400, "alpha": alpha}
            )
            write_trajectory(folder, [0, 200, 400], [0.4, 0.5, top + 0.1 * seed])
    folder = write_run(tmp_path, task="tfbind8", settings={"steps": 400})
    write_trajectory(folder, [0, 400], [0.1, 0.1])
    figure = alpha_steps_figure(read_runs([tmp_path]))
    assert figure is not None
    (axes,) = figure.axes
    lines = bars(axes)
    assert set(lines) == {"alpha = 0", "alpha = 0.001"}
    assert list(lines["alpha = 0.001"].lines[0].get_ydata()) == pytest.approx([0.4, 0.5, 0.85])
    assert alpha_steps_figure(read_runs([folder])) is None


def test_ranks(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.9)
    write_run(tmp_path, method="cbas", best=0.5)
    write_run(tmp_path, task="hopper", best=0.2)
    write_run(tmp_path, task="hopper", method="cbas", best=0.3)
    write_run(tmp_path, task="hopper", method="nemo", best=0.1)
    figure = rank_figure(read_runs([tmp_path]))
    assert figure is not None
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "nemo, tasks: 1"
    spans = [list(line.get_xdata()) for line in axes.lines[::3]]
    means = [line.get_xdata()[0] for line in axes.lines[1::3]]
    assert dict(zip(names, spans, strict=True)) == {
        "nemo, tasks: 1": [3, 3], "bdi, tasks: 2": [1, 2], "cbas, tasks: 2": [1, 2],
    }  # fmt: skip
    assert means == [3, 1.5, 1.5]


def test_predicted_against_true(tmp_path: Path) -> None:
    folder = write_run(tmp_path, seed=0)
    write_run(tmp_path, seed=1)
    true, predicted = np.array([0.1, 0.9]), np.array([2.0, 3.0])
    np.savez(folder / "proposals.npz", normalised_after=true, predicted_normalised=predicted)
    other = write_run(tmp_path, method="backward_only")  # nothing was fitted to the data
    np.savez(other / "proposals.npz", normalised_after=true)
    figure = scatter_figure(read_runs([tmp_path]))
    assert figure is not None
    (axes,) = figure.axes
    (points,) = axes.collections
    assert points.get_label() == "bdi"
    assert np.array_equal(points.get_offsets(), np.stack([predicted, true], axis=1))


def test_a_method_has_one_colour_in_all_panels_which_stand_in_rows(tmp_path: Path) -> None:
    points = {"normalised_after": np.ones(2), "predicted_normalised": np.ones(2)}
    for task in ("tfbind8", "rna1", "rna2", "rna3", "tfbind10"):
        for method in ("bdi", "ntk_ascent")[task == "rna1" :]:
            folder = write_run(tmp_path, task=task, method=method)
            np.savez(folder / "proposals.npz", **points)
    figure = scatter_figure(read_runs([tmp_path]))
    assert figure is not None
    drawn = [p for axes in figure.axes for p in axes.collections]
    colours = {(p.get_label(), *p.get_facecolor().ravel().tolist()) for p in drawn}
    assert len(drawn) == 9 and len(colours) == 2
    assert figure.axes[0].get_gridspec().ncols == 4


def test_losses_are_those_of_the_designs_that_were_scored(tmp_path: Path, data_dir: Path) -> None:
    cfg = compose_config(("task=rna1", "task.max_rows=40", f"data_dir={data_dir}"))
    task, rng = load_task(cfg), np.random.default_rng(0)
    wanted = {}
    for method in ("bdi", "bdi_search"):
        assert loss_figure(read_runs([tmp_path])) is None  # it compares the two
        folder = write_run(tmp_path, task="rna1", method=method)
        OmegaConf.save(cfg, folder / "config.yaml")
        designs, true = rng.integers(0, 4, (6, 14)), rng.random(6)
        np.savez(folder / "proposals.npz", designs=designs, normalised_after=true)
        loss = BDI(task.data.x, task.data.y, task.data.space.encode(designs)[:, None]).loss()
        wanted[method] = np.stack([loss["total"].detach().numpy(), true], axis=1)
    figure = loss_figure(read_runs([tmp_path]))
    assert figure is not None
    (axes,) = figure.axes
    assert [points.get_label() for points in axes.collections] == ["bdi", "bdi_search"]
    assert axes.get_xscale() == "linear"  # the losses lie within a decade
    for points in axes.collections:
        np.testing.assert_allclose(points.get_offsets(), wanted[points.get_label()], rtol=1e-7)


def test_files_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "runs", best=0.9)
    write_run(tmp_path / "runs", best=0.8, settings={"alpha": 1e-3})
    out = tmp_path / "out"
    main([f"runs={tmp_path / 'runs'}", f"out={out}"])
    assert {path.name for path in out.iterdir()} == {"fig2.png", "alpha.png"}
    for path in out.iterdir():
        assert path.read_bytes()[:8] == PNG
        assert path.stat().st_size > 5000
    text = capsys.readouterr().out
    assert "no runs for fig3" in text
    assert "no runs for scatter" in text
    with pytest.raises(InputError, match="no runs for fig3"):
        main(["fig3", f"runs={tmp_path / 'runs'}", f"out={out}"])
    with pytest.raises(InputError, match=r"no 'fig5'"):
        main(["fig5"])
    with pytest.raises(InputError, match="not known here"):
        main(["fig4", "seed=1"])
    assert draw(FIGURES, [], out) == dict.fromkeys(FIGURES)

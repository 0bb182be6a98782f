"""A task is one file, a method is one, and adding either or a setting leaves old runs valid."""

from __future__ import annotations

import csv
import json
import math
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from forked import command
from hardening_children import with_folders

import experiments.tasks
from experiments import reproduce, table
from experiments.data.__main__ import main as data_main
from experiments.paper.rank_figure import rank_figure
from experiments.runs import settings as run_settings
from experiments.runs.archive import Archive
from experiments.runs.config import compose_config
from experiments.runs.failing import print_traceback
from experiments.runs.overrides import check_overrides
from experiments.runs.results import read_runs, unchanged
from experiments.tasks import load_task, registry, task_names
from torchbdi import InputError, TorchBDIError, methods
from torchbdi.methods import registry as method_registry

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "docs" / "results" / "runs.csv"

TASK = '''
"""Words of six letters that should hold many b."""

from dataclasses import dataclass

import numpy as np

from experiments.data.sources import DataSet
from experiments.tasks.base import Labels, Loaded, Request, Settings, Source, TaskSpec, setting


@dataclass(frozen=True)
class ToySettings(Settings):
    """Of the toy."""

    weight: float = setting(1.0, above=0.0)
    """What a b counts."""


def load(request: Request) -> Loaded:
    words = np.random.randint(0, 3, (160, 6))

    def truth(designs):
        return request.settings.weight * (designs == 1).sum(1) + 0.01 * designs[:, 0]

    return Loaded(words, truth(words), truth, Labels("Toy words"))


TASK = TaskSpec(
    kind="discrete",
    letters="abc",
    y_min=0.0,
    y_max=6.0,
    sources=(
        Source("original", DataSet("toy", "the toy", ("toy/toy.txt",), "nowhere", "none")),
        Source("regenerated", recipe="dice"),
    ),
    load=load,
    settings=ToySettings,
)
'''

METHOD = '''
"""A toy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from torchbdi.methods.base import Method, Result, Run, setting


@dataclass(frozen=True)
class ToyDraw(Method):
    """Draws designs of the space."""

    revision: ClassVar[int] = 1

    tries: int = setting(2, at_least=1)
    """How often."""

    def solve(self, data, n, run=None):
        own, run = self.begin(data, n, run)
        generator = torch.Generator().manual_seed(run.seed)
        run.log(1, spread=0.5)
        return Result(data.space.sample(n * own.tries, generator)[:n])
'''

Write = Callable[[str, str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a file into the folder of tasks, or of methods where its name begins with ``toy_``."""
    names = set()
    folders = {experiments.tasks: tmp_path / "tasks", methods: tmp_path / "methods"}
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for package, folder in folders.items():
        folder.mkdir()
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])

    def forget() -> None:
        for name in names:
            for package in folders:
                sys.modules.pop(f"{package.__name__}.{name}", None)
                vars(package).pop(name, None)
        method_registry._load.cache_clear()
        registry._load.cache_clear()
        run_settings.outline.cache_clear()
        run_settings.own_settings.cache_clear()

    def write(name: str, text: str) -> None:
        folder = folders[methods if name.startswith("toy_") else experiments.tasks]
        (folder / f"{name}.py").write_text(text)
        names.add(name)
        forget()

    yield write
    forget()


def identities(path: Path = RUNS) -> list[str]:
    return [run.identity.text for run in read_runs([path])]


def test_a_task_and_a_method_of_one_file_each(
    add: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, own = identities(), len(unchanged(read_runs([RUNS])))
    with pytest.raises(InputError, match="toy"):
        compose_config(["task=toy"])
    add("toy", TASK)
    add("toy_draw", METHOD)
    out, words = tmp_path / "runs", ["tasks=toy", "methods=toy_draw,best_rows"]
    words = [*words, "seeds=0,1", f"out_dir={out}", f"data_dir={tmp_path}"]
    reproduce.main(words)
    assert len(list(out.glob("toy-*/metrics.json"))) == 2 + 2
    table.main([f"runs={out},{RUNS}", f"out={tmp_path / 'tables'}"])
    for name in ("table2", "table3", "a1"):  # words are discrete
        with (tmp_path / "tables" / f"{name}.csv").open(newline="") as file:
            found = {(line["task"], line["method"]) for line in csv.DictReader(file)}
        assert {("toy", "toy_draw"), ("toy", "best_rows"), ("tfbind8", "bdi")} <= found
    assert "toy, data: regenerated" in (tmp_path / "tables" / "table3.md").read_text()
    figure = rank_figure(read_runs([out]))
    assert figure is not None
    names = {label.get_text() for label in figure.axes[0].get_yticklabels()}
    assert names == {"toy_draw, tasks: 1", "best_rows, tasks: 1"}
    assert identities() == before
    assert len(unchanged(read_runs([RUNS]))) == own
    capsys.readouterr()
    reproduce.main(words)
    assert capsys.readouterr().out.count("done already") == 4


@pytest.mark.parametrize(
    "draw",
    [
        "np.random.rand({0}, {1})",
        "torch.rand({0}, {1}).numpy()",
        "np.array([[random.random() for _ in range({1})] for _ in range({0})])",
    ],
)
def test_global_draws_go_by_the_seed_and_by_nothing_done_before(
    draw: str, add: Write, tmp_path: Path
) -> None:
    """One column of a table held runs of several tables, which had been drawn one after another."""
    imports, out = "import random\n\nimport numpy as np\nimport torch\n", tmp_path / "runs"
    text = TASK.replace("import numpy as np\n", imports)
    table = f"(3 * {draw.format(160, 6)}).astype(int)"
    add("toy", text.replace("np.random.randint(0, 3, (160, 6))", table))
    text = METHOD.replace("import torch\n", imports)
    designs = f"data.space.project(torch.from_numpy({draw.format('n', 'data.x.shape[1]')}))"
    add("toy_draw", text.replace("data.space.sample(n * own.tries, generator)", designs))
    for place, methods_, seeds in (("a", "toy_draw,best_rows", "1,0"), ("b", "toy_draw", "0,1")):
        words = ["tasks=toy", f"methods={methods_}", f"seeds={seeds}", "designs=20"]
        reproduce.main([*words, f"out_dir={out / place}", f"data_dir={tmp_path}"])
    for method, count in (("toy_draw", 2), ("best_rows", 1)):
        found: dict[int, list[tuple[str, str]]] = {0: [], 1: []}
        for folder in out.glob(f"*/toy-{method}-*"):
            begun, done = (
                json.loads((folder / name).read_text())
                for name in ("identity.json", "metrics.json")
            )
            found[begun["seed"]].append((begun["rows_sha256"], done["designs_sha256"]))
        assert [len(runs) for runs in found.values()] == [count, count]
        assert all(len(set(runs)) == 1 for runs in found.values())
        (one, other) = (runs[0] for runs in found.values())
        assert one[0] != other[0] and one[1] != other[1]


def test_from_the_command_line(add: Write, tmp_path: Path) -> None:
    add("toy", TASK)
    add("toy_draw", METHOD)
    folders = {name: str(tmp_path / name) for name in ("tasks", "methods")}
    run = partial(command, "experiments.train", first=partial(with_folders, **folders))
    own = ("task=toy", "method=toy_draw", f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}")
    done = run("-m", *own, "task.weight=2", "designs=4", "seed=0,1", "method.tries=1,300")
    assert done.returncode == 0, done.stderr
    folders = list((tmp_path / "runs").glob("toy-toy_draw-*"))
    assert len(folders) == 4
    for folder in folders:
        identity = json.loads((folder / "identity.json").read_text())
        assert identity["task"]["settings"] == {"max_rows": None, "weight": 2.0}
        assert identity["task"]["source"] == "recipe dice, revision 1"
        assert len(identity["rows_sha256"]) == 64
        words = [line.split(",")[3] for line in (folder / "proposals.csv").open()][1:]
        assert all(set(word.strip()) <= set("abc") for word in words)
    shown = run("task=toy", "--help")
    assert "task: ant, dkitty" in shown.stdout
    assert "toy" in shown.stdout
    assert "task.weight=1.0    (float)\n      What a b counts." in shown.stdout
    wrong = run("task=toy", "task.weigth=2")
    assert "there is no task.weigth. Did you mean task.weight?" in wrong.stderr


def test_a_job_of_a_sweep_that_fails_is_named_after_the_others(add: Write, tmp_path: Path) -> None:
    add("toy", TASK)
    words = [
        "-m", "task=toy", "method=best_rows", "designs=500,3,600,4", f"data_dir={tmp_path}",
        f"out_dir={tmp_path / 'runs'}",
    ]  # fmt: skip
    first = partial(with_folders, tasks=str(tmp_path / "tasks"))
    done = command("experiments.train", *words, first=first)
    assert done.returncode == 1
    end = done.stderr[done.stderr.index("failed:\n") :].splitlines()
    assert len(end) == 3
    for line, n in zip(end[1:], (500, 600), strict=True):
        assert line.startswith(f"task=toy method=best_rows designs={n} ")
        assert line.endswith(f": designs={n}: the table has 160 rows. Ask for fewer.")
    assert len(list((tmp_path / "runs").glob("toy-*/metrics.json"))) == 2
    assert "Traceback" not in done.stderr


def test_a_new_setting_leaves_old_runs_valid_and_a_changed_default_does_not(
    add: Write, tmp_path: Path
) -> None:
    add("toy", TASK)
    add("toy_draw", METHOD)
    out = tmp_path / "runs"
    words = ["task=toy", "method=toy_draw", f"data_dir={tmp_path}"]
    reproduce.main(
        ["tasks=toy", "methods=toy_draw", "seeds=0", f"out_dir={out}", f"data_dir={tmp_path}"]
    )

    def found() -> bool:
        archive = Archive(out)
        return archive.finished(archive.identity(compose_config(words))) is not None

    def changes() -> tuple[str, ...]:
        (run,) = read_runs([out])
        return run.changes

    assert found()
    assert changes() == ()
    field = '    way: str = setting({new!r}, since="out")\n    """Where to."""\n\n    def solve('
    younger = METHOD.replace("    def solve(", field.format(new="out"), 1)
    add("toy_draw", younger)
    assert found()
    assert changes() == ()
    add("toy_draw", METHOD.replace("    def solve(", field.format(new="in"), 1))
    assert not found()  # the default of now is another
    assert changes() == ("way=out",)
    add("toy_draw", younger.replace(', since="out"', ""))
    assert not found()  # as old as the method: the run would have it
    add("toy_draw", younger.replace("setting(2,", "setting(3,"))
    assert not found()
    assert changes() == ("tries=2",)
    add("toy_draw", younger.replace("ClassVar[int] = 1", "ClassVar[int] = 2"))
    assert not found()
    add("toy_draw", younger)
    add("toy", TASK.replace("weight: float = setting(1.0, ", "weight: float = setting(1, "))
    assert found()
    more = '    size: int = setting(7, since=7)\n    """New."""\n\n\ndef load('
    add("toy", TASK.replace("\n\ndef load(", more, 1))
    assert found()
    add("toy", TASK.replace("\n\ndef load(", more.replace("(7,", "(8,"), 1))
    assert not found()
    add("toy", TASK.replace('    letters="abc",', '    letters="abc",\n    revision=2,'))
    assert not found()
    add("toy", TASK.replace('recipe="dice"', 'recipe="dice", revision=2'))
    assert not found()
    add("toy", TASK)
    assert found()


def test_a_run_is_not_resumed_as_another(add: Write, tmp_path: Path) -> None:
    from experiments.train import train

    add("toy", TASK)
    add("toy_draw", METHOD)
    words = ["task=toy", "method=toy_draw", "designs=5", f"data_dir={tmp_path}"]
    train(compose_config([*words, f"out_dir={tmp_path / 'runs'}", "trainer.progress_bar=false"]))
    (folder,) = (tmp_path / "runs").iterdir()
    (folder / "metrics.json").unlink()
    again = compose_config([])
    again.resume = str(folder)
    add("toy_draw", METHOD.replace("ClassVar[int] = 1", "ClassVar[int] = 2"))
    with pytest.raises(InputError, match=r"another .* now: method revision 1 and 2 \(then and now"):
        train(again)
    add("toy_draw", METHOD)
    add("toy", TASK.replace("(160, 6)", "(161, 6)"))
    with pytest.raises(InputError, match="rows of toy are not those that the run was begun with"):
        train(again)
    add("toy", TASK)
    (folder / "state" / "begun.state").unlink()  # as in a folder of an earlier version
    identity = (folder / "identity.json").read_text()
    (folder / "identity.json").write_text(identity[:-9])
    with pytest.raises(InputError, match=r"identity\.json is damaged"):
        train(again)
    (folder / "identity.json").unlink()
    (folder / "state" / "some").write_text("a state")
    with pytest.raises(InputError, match=r"its identity\.json is lost"):
        train(again)
    (folder / "identity.json").write_text(identity)
    train(again)
    assert (folder / "metrics.json").is_file()


def test_a_fact_does_not_stand_for_what_the_run_itself_says(add: Write, tmp_path: Path) -> None:
    from experiments.train import train

    add("toy", TASK)
    words = ["task=toy", "method=toy_draw", "designs=5", f"data_dir={tmp_path}"]
    words = [*words, f"out_dir={tmp_path / 'runs'}", "trainer.progress_bar=false"]
    for fact in ("best_after_normalised", "seed", "seconds"):
        own = f'tries, generator)[:n], facts={{"{fact}": 9}})'
        add("toy_draw", METHOD.replace("tries, generator)[:n])", own))
        with pytest.raises(TorchBDIError, match=f"its fact {fact} has the name of one of the run"):
            train(compose_config(words))
    assert not list((tmp_path / "runs").glob("*/metrics.json"))


def test_any_fact_is_read_back(add: Write, tmp_path: Path) -> None:
    facts = 'facts={"gain_raw": float("inf"), "lost_normalised": "a\\rb", "c,\\n": 2})'
    add("toy", TASK)
    add("toy_draw", METHOD.replace("generator)[:n])", f"generator)[:n], {facts}"))
    words = ["tasks=toy", "methods=toy_draw", "seeds=0", f"data_dir={tmp_path}"]
    reproduce.main([*words, f"out_dir={tmp_path / 'runs'}", f"collect={tmp_path / 'runs.csv'}"])
    for place in ("runs", "runs.csv"):
        (run,) = read_runs([tmp_path / place])
        assert run.values["gain_raw"] == float("inf")
        assert run.line["lost_normalised"] == "a\rb"
        assert run.values["c,\n"] == 2


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("scores[:-1]", r"shape \(4,\) for 5 designs, not \(5,\)"),
        ("np.r_[scores, scores + 1]", r"shape \(10,\)"),
        ("scores[:, None]", r"shape \(5, 1\)"),
        ("None", r"shape \(\)"),
    ],
)
def test_a_true_function_scores_each_design(
    scores: str, told: str, add: Write, tmp_path: Path
) -> None:
    from experiments.train import train

    truth = "return request.settings.weight * (designs == 1).sum(1) + 0.01 * designs[:, 0]"
    assert truth in TASK
    own = f"scores = {truth.removeprefix('return ')}\n        return {scores}"
    own = f"{own} if len(designs) < 160 else scores"
    add("toy", TASK.replace(truth, own))
    words = ["task=toy", "method=best_rows", "designs=5", f"data_dir={tmp_path}"]
    with pytest.raises(TorchBDIError, match=f"task=toy: the true function gave scores of {told}"):
        train(compose_config([*words, f"out_dir={tmp_path / 'runs'}"]))


def test_a_true_function_that_changes_designs_changes_its_own(add: Write, tmp_path: Path) -> None:
    add("toy", TASK)
    task = load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))
    raw = task.decode(task.data.x[:5])
    kept, scores = raw.copy(), task.predict(raw)
    truth = "return request.settings.weight"
    shifted = "designs[:, 1:] *= 0  # b counts at the first site alone\n        "
    add("toy", TASK.replace(truth, f"if len(designs) < 160:\n            {shifted}{truth}"))
    task = load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))
    assert not np.array_equal(task.predict(raw), scores)
    assert np.array_equal(raw, kept)


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("scores * 1j", r"task=toy: scores is complex"),
        ("np.ma.masked_less(scores, 9)", r"task=toy: scores has 5 masked numbers"),
        ("scores.astype(str)", r"task=toy: scores must hold numbers"),
        ("np.r_[scores[:4], np.nan]", r"the true function gave nan for design 4"),
        ("np.r_[-np.inf, scores[1:]]", r"the true function gave -inf for design 0"),
    ],
)
def test_a_true_function_gives_finite_real_numbers(
    scores: str, told: str, add: Write, tmp_path: Path
) -> None:
    truth = "return request.settings.weight * (designs == 1).sum(1) + 0.01 * designs[:, 0]"
    own = f"scores = {truth.removeprefix('return ')}\n        return {scores}"
    add("toy", TASK.replace(truth, f"{own} if len(designs) < 160 else scores"))
    task = load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))
    with pytest.raises(TorchBDIError, match=told):
        task.predict(task.decode(task.data.x[:5]))


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("np.stack([truth(words)] * 2, 1)", r"scores of shape \(160, 2\) for designs of .*160, 6"),
        ("np.r_[0, truth(words)]", r"scores of shape \(161,\)"),
        ("truth(words)[:100]", r"scores of shape \(100,\)"),
        ("truth(words)[None]", r"scores of shape \(1, 160\)"),
        ("truth(words) + 0j", "task=toy: scores is complex"),
    ],
)
def test_a_table_has_a_score_a_design_however_few_rows_are_seen(
    scores: str, told: str, add: Write, tmp_path: Path
) -> None:
    words = ["task=toy", "task.max_rows=100", f"data_dir={tmp_path}"]
    add("toy", TASK.replace("Loaded(words, truth(words)", "Loaded(words, truth(words)[:, None]"))
    assert len(load_task(compose_config(words)).y_raw) == 100
    add("toy", TASK.replace("Loaded(words, truth(words)", f"Loaded(words, {scores}"))
    with pytest.raises(TorchBDIError, match=told):
        load_task(compose_config(words))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind="discrete"', 'kind="Discrete"', "toy.py.*TaskSpec: kind must be one of 'discrete'"),
        ('kind="discrete"', 'kind="continuous"', "a continuous one has none"),
        ('letters="abc",', "", "A discrete task has letters"),
        ('Source("regenerated"', 'Source("made here"', "Source: label must be one of 'original'"),
        ('Labels("Toy words")', 'Labels("Toy", "orig")', "oracle_source must be one of 'original'"),
        ('words")', 'words"), np.zeros((6, 2))', r"limits must be \(2, 6\).*got shape \(6, 2\)"),
        ('words")', 'words"), [[2] * 6, [0] * 6]', "a lowest number above its highest"),
        ('Labels("Toy words")', 'Labels("")', "title must be a text, got the text ''"),
        ('words")', 'words", "retrained", "high")', "oracle_spearman must be finite"),
        ('Labels("Toy words")', '"Toy words"', "labels .* must be a Labels, got the text 'Toy"),
        ("truth(words), truth,", "truth(words), words,", "truth .* must be a function"),
        ("return Loaded(", "(", "load must return a Loaded, got NoneType"),
        ("return Loaded(", "return (", "load must return a Loaded, got tuple"),
        ("y_max=6.0", 'y_max="6"', "toy.py, line .*y_max must be a number, got the text '6'"),
        ("load=load", "load=None", "load and space must be functions"),
        ("settings=ToySettings", "settings=ToySettings()", "settings must be a class made from"),
        ("ToySettings(Settings)", "ToySettings", "made from Settings, got the class ToySettings"),
        ("@dataclass(frozen=True)\n", "", "ToySettings must be a @dataclass"),
        ("weight: float", "weight: dict", r"toy.py: weight has the type .*dict"),
        ("setting(1.0", "setting(-1.0", "toy.py: its defaults are refused. ToySettings: weight"),
        ("sources=(", "sources=[", "toy.py, line .*SyntaxError: "),
        ("    load=load,\n", "", "toy.py, line .*: it cannot be imported. TypeError: "),
        ("    load=load,\n", "    load=load, revision='b',\n", "revision must be an integer"),
    ],
)
def test_words_and_limits_that_mean_nothing_are_refused(
    old: str, new: str, told: str, add: Write, tmp_path: Path
) -> None:
    assert old in TASK
    add("toy", TASK.replace(old, new))
    with pytest.raises(TorchBDIError, match=told):
        load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))
    add("toy", TASK)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nothing", "NameError: name 'nothing' is not defined"),
        ("import nothing", "ModuleNotFoundError: No module named 'nothing'"),
        ("np.loadtxt('nothing')", "FileNotFoundError: nothing not found"),
        ("raise MemoryError", "MemoryError"),
        ("sys = __import__('sys'); sys.exit(0)", "SystemExit: 0"),
    ],
)
def test_a_load_that_fails_is_told_with_its_line(
    line: str, told: str, add: Write, tmp_path: Path
) -> None:
    from experiments.train import train

    add("toy", TASK.replace("words = np", f"{line}; words = np"))
    at = 1 + TASK[: TASK.index("words = np")].count("\n")
    words = ["task=toy", f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}"]
    with pytest.raises(TorchBDIError) as error:
        train(compose_config(words))
    file = tmp_path / "tasks" / "toy.py"
    assert str(error.value) == f"{file}, line {at}: the load of task=toy fails. {told}. Mend it."
    assert not list((tmp_path / "runs").iterdir())


def test_a_space_that_fails_and_one_that_is_too_narrow(add: Write, tmp_path: Path) -> None:
    words = ["task=toy", f"data_dir={tmp_path}"]
    add("toy", TASK.replace("load=load", "load=load, space=lambda designs: designs.none"))
    told = r"toy\.py, line \d+: the space of task=toy fails. AttributeError: "
    with pytest.raises(TorchBDIError, match=told):
        load_task(compose_config(words))
    narrow = MIXED.replace('Number("temperature", 2, 8', 'Number("temperature", 2, 6')
    add("toy", narrow)
    told = r"task=toy: row \d+ .*has [78] in column 'temperature', which ends below it, at 6\. Let"
    with pytest.raises(InputError, match=told):
        load_task(compose_config(words))


@pytest.mark.parametrize(
    ("before", "line", "told"),
    [
        ("own, run =", "torch.zeros(2) @ torch.zeros(3)", "RuntimeError: inconsistent tensor size"),
        ("return Result", "torch.tensor([1, 'a'])", "TypeError: new(): invalid data type 'str'"),
        ("def solve", "def settings_for(self, data): return {}['none']", "KeyError: 'none'"),
        ("return Result", "exit(0)", "SystemExit: 0"),
    ],
)
def test_a_method_that_fails_is_told_with_its_line_and_its_traceback(
    before: str, line: str, told: str, add: Write, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A bare traceback was all, where a task's own error was told with file, line and remedy."""
    from experiments.train import train

    add("toy", TASK)
    apart = "\n\n    " if before == "def solve" else "; "
    add("toy_draw", METHOD.replace(before, f"{line}{apart}{before}"))
    words = ["task=toy", "method=toy_draw", "designs=5", f"data_dir={tmp_path}"]
    with pytest.raises(TorchBDIError) as error:
        train(compose_config([*words, f"out_dir={tmp_path / 'runs'}"]))
    file, at = tmp_path / "methods" / "toy_draw.py", METHOD[: METHOD.index(before)].count("\n") + 1
    assert str(error.value).startswith(f"{file}, line {at}: method=toy_draw fails. {told}")
    begun = before == "return Result"
    assert ("Then go on with" in str(error.value)) == begun == any((tmp_path / "runs").iterdir())
    print_traceback(error.value)
    assert f'File "{file}", line {at}' in capsys.readouterr().err


def test_a_plan_shows_the_traceback_of_a_method_that_fails(
    add: Write, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    add("toy", TASK)
    add("toy_draw", METHOD.replace("own, run =", "torch.zeros(2) @ torch.zeros(3); own, run ="))
    words = ["tasks=toy", "methods=toy_draw", "seeds=0", "designs=5", f"out_dir={tmp_path / 'a'}"]
    with pytest.raises(SystemExit, match="method=toy_draw fails"):
        reproduce.main([*words, f"data_dir={tmp_path}"])
    assert "torch.zeros(2) @ torch.zeros(3)" in capsys.readouterr().err


def test_a_true_function_that_fails_loses_no_work(add: Write, tmp_path: Path) -> None:
    from experiments.train import train

    truth = "return request.settings.weight"
    add("toy_draw", METHOD)
    words = ["task=toy", "method=toy_draw", "designs=5", f"data_dir={tmp_path}"]
    told = r"toy\.py, line \d+: the true function of task=toy fails. .*\nThen go on with:\n  .*"
    add("toy", TASK.replace(truth, f"designs[5:][0]; {truth}"))
    with pytest.raises(TorchBDIError, match=f"{told}resume=") as error:
        train(compose_config([*words, f"out_dir={tmp_path / 'runs'}"]))
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(folder) in str(error.value)
    add("toy", TASK)
    again = compose_config([])
    again.resume = str(folder)
    assert math.isfinite(train(again)["best_after_raw"])


def test_a_true_function_of_a_library_that_fails_is_the_tasks_own(
    add: Write, tmp_path: Path
) -> None:
    """The file of the library was named, and was to be mended."""
    add("toy", TASK.replace("truth(words), truth,", "truth(words), np.linalg.inv,"))
    task = load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))
    with pytest.raises(TorchBDIError) as error:
        task.predict(task.decode(task.data.x[:5]))
    told = f"{tmp_path / 'tasks' / 'toy.py'}: the true function of task=toy fails. LinAlgError: "
    assert str(error.value).startswith(told)


def test_numbers_of_labels_are_written_down_whatever_they_are(add: Write, tmp_path: Path) -> None:
    """A correlation of float32 ended a run when all had been done."""
    from experiments.train import train

    labels = '"Toy", "retrained", np.float32(0.5), y_min=np.int64(0), y_max=np.array(4.0)'
    add("toy", TASK.replace('"Toy words"', labels))
    words = ["task=toy", "method=best_rows", "designs=5", f"data_dir={tmp_path}"]
    told = train(compose_config([*words, f"out_dir={tmp_path / 'runs'}"]))
    assert told["oracle_spearman"] == 0.5
    assert told["best_after_normalised"] == told["best_after_raw"] / 4
    add("toy", TASK.replace('"Toy words"', '"Toy", y_max="4"'))
    with pytest.raises(InputError, match="Labels: y_max must be finite, got the text '4'"):
        load_task(compose_config(words))


def test_sources_are_a_tuple(add: Write) -> None:
    begin, end = TASK.index("    sources="), TASK.index("    load=load")
    for sources in ("()", 'Source("regenerated", recipe="dice")', '("dice",)'):
        add("toy", f"{TASK[:begin]}    sources={sources},\n{TASK[end:]}")
        with pytest.raises(TorchBDIError, match=r"toy\.py, line .*(at least one|a) Source, got"):
            registry.spec_of("toy")


def test_what_goes_by_the_numbers_of_a_table_is_told_before_the_work(
    add: Write, tmp_path: Path
) -> None:
    """Runs are told apart, and put into tables, where the table of their task is not at hand."""
    from experiments.train import train

    own = ("    def solve", "    def settings_for(self, data):\n        return {}\n\n    def solve")
    words = ["task=toy", "method=toy_draw", f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}"]
    cell = ["tasks=toy", "methods=toy_draw", "seeds=0", *words[2:]]
    for returned, told in (
        ('{"tries": 1 + int(data.y.max())}', "resolves tries by the numbers of the table. Let"),
        ('{"tries": 1 + int(data.best(1))}', "by the numbers of the table .*best"),
        ("{}", r"must return a dict of all its settings \(tries\), got {}"),
        ("None", "a dict of all its settings .* got None"),
    ):
        add("toy", TASK)
        add("toy_draw", METHOD.replace(own[0], own[1].replace("{}", returned)))
        with pytest.raises(TorchBDIError, match=rf"toy_draw\.py: the settings_for of .*{told}"):
            train(compose_config(words))
        with pytest.raises(SystemExit, match=rf"toy_draw\.py: the settings_for of .*{told}"):
            reproduce.main(cell)
    assert not list((tmp_path / "runs").glob("*/"))
    sites = "tuple(Choice(f's{i}', tuple('abcd'[: int(d.max()) + 1])) for i in range(d.shape[1]))"
    text = TASK.replace("    load=load,", f"    load=load,\n    space=lambda d: Space({sites}),")
    text = text.replace('letters="abc",', "")
    text = text.replace("import numpy as np", "import numpy as np\nfrom torchbdi.space import *")
    add("toy", text.replace("(0, 3, (160, 6))", "(0, 4, (160, 5))"))
    with pytest.raises(TorchBDIError, match=r"never has the 15 features.*In .*toy\.py write out"):
        train(compose_config(["task=toy", "method=best_rows", *words[2:]]))


def test_a_range_of_scores_that_is_none_is_refused(add: Write, tmp_path: Path) -> None:
    for end, told in (("0.0", "0.0"), ("-1.0", "-1.0"), ("np.inf", "inf"), ("np.nan", "nan")):
        add("toy", TASK.replace("y_max=6.0", f"y_max={end}"))
        with pytest.raises(TorchBDIError, match=f"y_min = 0.0 must be below y_max = {told}"):
            load_task(compose_config(["task=toy", f"data_dir={tmp_path}"]))


def test_a_source_that_is_there_is_used_and_checked(
    add: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add("toy", TASK)
    words = ["task=toy", f"data_dir={tmp_path}"]
    assert load_task(compose_config(words)).data_source == "regenerated"
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "toy.txt").write_text("words")
    assert load_task(compose_config(words)).data_source == "original"
    one, two = (registry.spec_of("toy").sources[0].identity(tmp_path) for _ in range(2))
    assert one == two
    (tmp_path / "toy" / "toy.txt").write_text("other words")
    assert registry.spec_of("toy").sources[0].identity(tmp_path) != one
    digest = "0" * 64
    add("toy", TASK.replace('"none")', f'"none", sha256={{"toy/toy.txt": "{digest}"}})'))
    with pytest.raises(TorchBDIError, match=f"toy.txt is damaged: its SHA-256 .* {digest}"):
        load_task(compose_config(words))
    data_main(["list", f"data_dir={tmp_path}"])
    assert "| toy | 1 of 1 | the toy | nowhere | none |" in capsys.readouterr().out


def test_a_file_that_holds_no_task_is_named(add: Write) -> None:
    add("toy", "x = 1\n")
    with pytest.raises(TorchBDIError, match=r"toy\.py must hold one TaskSpec, not 0"):
        registry.spec_of("toy")
    add("toy", TASK.replace("weight", "name"))
    with pytest.raises(TorchBDIError, match=r"toy\.py: no setting may be called name"):
        registry.spec_of("toy")
    made = "__import__('dataclasses').field(default_factory=float)"
    add("toy", TASK.replace("setting(1.0, above=0.0)", made))
    with pytest.raises(TorchBDIError, match=r"toy\.py: weight needs a default that is a value"):
        registry.spec_of("toy")
    assert "toy" in task_names()
    assert not {"base", "assemble", "registry", "task"} & set(task_names())


def test_settings_of_tasks_are_checked_and_converted(tmp_path: Path) -> None:
    assert compose_config(["task=ant", "task.rows=30.0"]).task.rows == 30
    for word, told in (
        ("task.rows=1", "task.rows must be >= 2, got 1"),
        ("task.rows=many", "task.rows must be a whole number"),
        ("task.max_rows=0", "task.max_rows must be >= 1, got 0"),
        ("task.name=../../x", r"no task '\.\./\.\./x'"),
        ("task.name=a/b", "no task 'a/b'"),
        ("method.name=../x", r"no method '\.\./x'"),
    ):
        with pytest.raises(InputError, match=told):
            compose_config(["task=ant", word])


def test_every_setting_of_a_task_says_what_it_is() -> None:
    for name in task_names():
        for field in registry.fields(name):
            assert field.meaning.endswith("."), f"{name}: {field.name}"
        assert sys.modules[f"experiments.tasks.{name}"].__doc__


def test_identities_differ_where_their_parts_do() -> None:
    (first, *_) = (run.identity for run in read_runs([RUNS]))
    others = [
        replace(first, revision=2),
        replace(first, task="utr"),
        replace(first, task_revision=2),
        replace(first, source="files 0"),
        replace(first, method_revision=2),
        replace(first, designs=1),
        replace(first, seed=99),
        replace(first, settings={**first.settings, "steps": 1}),
        replace(first, task_settings={**first.task_settings, "max_rows": 1}),
    ]
    assert len({i.text for i in (first, *others)}) == 10
    assert len({i.cell for i in (first, *others)}) == 9
    assert len({i.problem for i in (first, *others)}) == 6
    assert others[-1].differences(first) == ["task.max_rows 1 and None"]


MIXED = '''
"""Powders: a concentration, a temperature in steps, and what they are made of."""

import numpy as np

from experiments.tasks.base import Labels, Loaded, Source, TaskSpec
from torchbdi.space import Choice, Number, Space


def load(request):
    dice = np.random.default_rng(0)
    parts = 10 ** dice.uniform(-3, 3, 160), dice.integers(2, 9, 160), dice.integers(0, 3, 160)
    raw = np.stack(parts, axis=1)

    def truth(designs):
        return np.log10(designs[:, 0]) - designs[:, 1] + (designs[:, 2] == 1)

    return Loaded(raw, truth(raw), truth, Labels("Powders"))


def space(raw):
    names = ("iron", "zinc", "lead")
    step = Number("temperature", 2, 8, step=1)
    return Space((Number("concentration", 1e-3, 1e3, log=True), step, Choice("metal", names)))


TASK = TaskSpec("continuous", -9.0, 3.0, (Source("regenerated", recipe="dice"),), load, space=space)
'''


@pytest.mark.parametrize("metals", [("iron", "zinc", "lead"), ("iron", "zinc")])
def test_a_task_with_columns_of_several_kinds(
    metals: tuple[str, ...], add: Write, tmp_path: Path
) -> None:
    from experiments.train import train

    text = MIXED.replace('("iron", "zinc", "lead")', repr(metals))
    add("toy", text.replace("integers(0, 3, 160)", f"integers(0, {len(metals)}, 160)"))
    words = ["task=toy", "designs=20", f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}"]
    words = [*words, "trainer.progress_bar=false", "trainer.accelerator=cpu"]
    for method in ("random", "best_rows", "bdi"):
        steps = ["method.steps=2"] if method == "bdi" else []
        told = train(compose_config([*words, f"method={method}", *steps]))
        (npz,) = (tmp_path / "runs").glob(f"toy-{method}-*/proposals.npz")
        data = load_task(compose_config(words)).data
        raw = np.load(npz)["designs"]
        with (npz.parent / "proposals.csv").open() as file:
            lines = [[row[c.name] for c in data.space.columns] for row in csv.DictReader(file)]
        assert lines == [[repr(float(v)) for v in own[:2]] + [metals[int(own[2])]] for own in raw]
        x = data.space.encode(raw).numpy()
        apart = ((x[:, None] - data.x.numpy()) ** 2).mean(2) ** 0.5
        among = ((x[:, None] - x) ** 2).mean(2)[np.triu_indices(20, 1)] ** 0.5
        assert told["distance_to_data"] == pytest.approx(apart.min(1).mean(), rel=1e-9, abs=1e-9)
        assert told["share_known"] == (apart.min(1) < 1e-9).mean()
        assert told["diversity"] == pytest.approx(among.mean(), rel=1e-9)
    runs = read_runs([tmp_path / "runs"])
    assert sorted((run.method, run.changes) for run in runs) == [
        ("bdi", ("designs=20", "steps=2")),
        ("best_rows", ("designs=20",)),
        ("random", ("designs=20",)),
    ]


def test_what_is_scored_keeps_the_constraints(add: Write, tmp_path: Path) -> None:
    """Methods that move designs by gradients know bounds alone: sums of 106 % were scored."""
    from experiments.train import train

    text = (
        MIXED[: MIXED.index("def load")]
        + """
def load(request):
    raw = np.random.default_rng(0).dirichlet((1, 1, 1), 160)

    def truth(designs):
        assert (abs(designs.sum(1) - 1) < 1e-9).all()
        return designs @ np.array([1.0, 2.0, 3.0])

    return Loaded(raw, truth(raw), truth, Labels("Mixtures"))


def space(raw):
    whole = Linear({"a": 1, "b": 1, "c": 1}, 1, 1)
    return Space(tuple(Number(name, 0, 1) for name in "abc"), (whole,))


TASK = TaskSpec("continuous", 0.0, 3.0, (Source("regenerated", recipe="dice"),), load, space=space)
"""
    )
    add("toy", text.replace("import Choice, Number", "import Linear, Number"))
    words = ["task=toy", "designs=20", f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}"]
    words = [*words, "trainer.progress_bar=false", "trainer.trajectory_every=2", "score=full"]
    train(compose_config([*words, "method=bdi", "method.steps=4", "method.lr=0.1"]))
    (npz,) = (tmp_path / "runs").glob("toy-bdi-*/proposals.npz")
    with np.load(npz) as arrays:
        assert abs(arrays["designs"].sum(1) - 1).max() < 1e-9
        learnt = load_task(compose_config(words)).data.space.decode(arrays["x_h"])
    assert abs(learnt.sum(1) - 1).max() > 1e-3  # of what the method said itself


@pytest.mark.parametrize("name", ["null", "TRUE", "inf", "1", "1e5", "toy_é", "two words"])
def test_names_that_a_command_line_reads_otherwise(add: Write, name: str) -> None:
    """Hydra's words for it were a traceback that named no file."""
    method = name.startswith("toy_")
    add(name, METHOD.replace("ToyDraw", "Toyé") if method else TASK)
    where = rf"{name}\.py: the name of the file: .* does not read '{name}' as a name\. Take another"
    with pytest.raises(TorchBDIError, match=where):
        check_overrides(["seed=1"])


def test_presets_that_a_command_line_reads_otherwise(add: Write) -> None:
    add("toy_draw", METHOD + "\n\nnull = ToyDraw(tries=3)\n")
    with pytest.raises(TorchBDIError, match=r"toy_draw\.py: the name of a preset: .*'null'"):
        check_overrides(["method=null"])
    add("toy_draw", METHOD + "\n\nnull_2 = ToyDraw(tries=3)\n")
    check_overrides(["method=null_2"])
    add("yes", TASK)
    assert compose_config(["task=yes", "method=null_2"]).task.name == "yes"


def test_texts_that_hydra_reads_as_numbers(add: Write) -> None:
    note = '    note: str = setting("a")\n    """A word."""\n'
    mode = '    mode: Literal["1", "2"] = "1"\n    """One."""\n'
    own = METHOD.replace("    tries: int", note + mode + "    tries: int")
    add("toy_draw", own.replace("ClassVar\n", "ClassVar, Literal\n", 1))
    add("toy", TASK.replace("    weight: float", note + "    weight: float"))
    for word, read in (("5", "5"), ("1_0", "10"), ("true", "True"), ("null", "nothing")):
        for name in ("method.note", "task.note"):
            words = ["task=toy", "method=toy_draw", f"{name}={word}"]
            with pytest.raises(
                InputError, match=f"reads {read} here, and {name} is a text"
            ) as told:
                check_overrides(words)
            (shown,) = shlex.split(str(told.value).partition("in quotes: ")[2])
            check_overrides([*words[:2], shown])
            part, _, field = name.partition(".")
            assert compose_config([*words[:2], shown])[part][field] == word
    with pytest.raises(InputError, match=r"method\.mode is a text"):
        check_overrides(["task=toy", "method=toy_draw", "method.mode=2"])
    with pytest.raises(InputError, match="tries must be a whole number"):
        compose_config(["task=toy", "method=toy_draw", "method.tries=2.5"])
    check_overrides(["task=toy", "method=toy_draw", "method.tries=2"])
    check_overrides(["-m", "task=toy", "method=toy_draw", "method.note=a,b"])


def test_settings_that_go_together_are_looked_at_together(add: Write) -> None:
    """Each was tried alone, so that a sound pair ended in the traceback of a ValueError."""
    own = """
    low: float = 0.0
    '''From.'''
    high: float = 1.0
    '''To.'''

    def __post_init__(self):
        super().__post_init__()
        if self.low > self.high:
            raise ValueError("low is above high")

    def solve"""
    add("toy_draw", METHOD.replace("\n    def solve", own, 1))
    words = ["task=tfbind8", "method=toy_draw", "method.low=5", "method.high=6"]
    check_overrides(words)
    assert compose_config(words).method.low == 5.0


def test_a_method_that_changes_the_folder_takes_no_other_run_along(
    add: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("toy", TASK)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    change = f"import os; os.chdir({str(elsewhere)!r}); own, run ="
    add("toy_draw", METHOD.replace("own, run =", change))
    monkeypatch.chdir(tmp_path)
    words = ["tasks=toy", "methods=toy_draw", "seeds=0,1", "designs=5", "data_dir=.", "out_dir=a"]
    reproduce.main(words)
    assert len(list((tmp_path / "a").glob("toy-*/metrics.json"))) == 2
    assert Path.cwd() == tmp_path
    assert not list(elsewhere.iterdir())

"""What programs for sweeps record of their runs is no setting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from proposer_tables import asked, names, plain, text, told

N = 40
TIMES = [f"2024-05-01 10:{i:02d}:00" for i in range(N)]
SPANS = [f"{1 + i * 7 % 10}.{i % 9}min" for i in range(N)]
STATES = ["COMPLETE", "PRUNED"] * 20


def export(prefix: str, recorded: dict[str, Sequence[object]]) -> str:
    """The plain table as a program's file, its settings with a prefix, behind what it records."""
    header, *rows = plain(N)
    cells = [[str(v[i]) for v in recorded.values()] for i in range(N)]
    return text(
        [
            [*recorded, *(prefix + name for name in header[:-1]), "yield"],
            *([*own, *row] for own, row in zip(cells, rows, strict=True)),
        ]
    )


@pytest.mark.parametrize(
    ("program", "prefix", "recorded"),
    [
        ("Optuna", "params_", {
            "number": range(N), "datetime_start": TIMES, "duration": SPANS, "state": STATES,
        }),
        ("scikit-learn", "param_", {
            "mean_fit_time": [i * 7 % 11 / 8 for i in range(N)],
            "std_fit_time": [i * 3 % 7 / 8 for i in range(N)],
            "split0_test_score": [i * 5 % 13 / 8 for i in range(N)],
        }),
        ("MLflow", "", {
            "Start Time": TIMES, "Duration": SPANS, "Run ID": [f"{i:x}a" for i in range(N)],
            "Source Name": ["a.py", "b.py"] * 20, "Status": ["FINISHED", "KILLED"] * 20,
        }),
        ("Ray Tune", "config/", {
            "trial_id": [f"{i}f" for i in range(N)], "training_iteration": [5, 9, 7, 8] * 10,
            "hostname": ["a", "b"] * 20,
        }),
        ("Weights & Biases", "", {
            "State": ["finished", "crashed"] * 20, "Created": TIMES,
            "Runtime": [300 + i * 7 % 11 for i in range(N)], "_step": [99, 199] * 20,
        }),
        ("Ax", "", {
            "arm_name": [f"{i}_0" for i in range(N)], "trial_index": range(N),
            "generation_method": ["Sobol", "BoTorch"] * 20,
        }),
        ("Summit", "", {
            "computation_t": [i * 7 % 11 / 8 for i in range(N)], "strategy": ["LHS", "TSEMO"] * 20,
        }),
        ("BayBE", "", {"BatchNr": [1, 2] * 20, "FitNr": [1, 3, 2, 2] * 10}),
    ],
)  # fmt: skip
def test_records_of_runs_are_left_out(
    program: str, prefix: str, recorded: dict[str, Sequence[object]], tmp_path: Path
) -> None:
    settings = [prefix + name for name in ("temp", "time", "conc")]
    made, _ = asked(tmp_path, export(prefix, recorded))
    assert names(made) == settings
    assert f"what {program} records of runs" in told(made)
    # A person knows better; and a column of such a name alone is none of a program.
    kept, _ = asked(tmp_path, export(prefix, recorded), "--category", [*recorded][-1])
    assert names(kept) == [[*recorded][-1], *settings]


@pytest.mark.parametrize("name", ["state", "Duration", "_step", "Status", "duration"])
def test_columns_that_are_only_called_so_stay(name: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, export("", {name: ["1.5", "2", "4.5", "3"] * 10}))
    assert names(made)[0] == name


def test_what_propose_wrote_beside_is_none_of_a_program(tmp_path: Path) -> None:
    """Proposals that were measured, put below the file of a program."""
    runs = export("params_", {"number": range(N), "state": STATES}).splitlines()
    more = "predicted_yield,error,distance,nearest_row,nearest_yield,start_row,far_outside,note"
    rows = [f"{runs[0]},{more}", *(line + "," * 8 for line in runs[1:])]
    rows += [f",,{i}0.5,{i}1.5,0.{i}1,7{i}.5,70,5,1,{i},60,{i},no," for i in range(1, 7)]
    made, _ = asked(tmp_path, "\n".join(rows) + "\n")
    assert names(made) == ["params_temp", "params_time", "params_conc"]
    assert "'number', 'state': 2 columns are what Optuna records of runs" in told(made)
    assert "'note': 8 columns are what propose wrote beside its proposals" in told(made)


@pytest.mark.parametrize(
    ("prefix", "signs"),
    [
        ("params_", {"number": range(N), "state": STATES}),
        ("param_", {"mean_fit_time": range(N), "std_fit_time": range(N)}),
        ("params.", {"run_id": [f"{i}f" for i in range(N)], "experiment_id": [0, 1] * 20}),
    ],
)
def test_settings_that_were_put_beside_stay(
    prefix: str, signs: dict[str, Sequence[object]], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, export(prefix, {**signs, "depth of bed": [20, 30, 50, 90] * 10}))
    assert names(made)[0] == "depth of bed" and len(names(made)) == 4

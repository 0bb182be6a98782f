"""Data sets from other places: files, zip, npz and Parquet, from a server of our own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from file_server import Server, serving

from experiments.data import __main__ as cli
from experiments.data.authors import check_ant, largest_error
from experiments.data.limits import Limits
from experiments.data.obtain import obtain, place_of
from experiments.data.places import PLACES, Place
from experiments.data.shards import write_shards
from experiments.data.sources import DATA_SETS, DataSet, expected_size
from experiments.tasks.base import Source
from torchbdi import NTK, InputError, MissingDataError, fit_ridge
from torchbdi.kernels.errors import MissingDependencyError
from torchbdi.kernels.files import sha256

FILES = ("toy/toy-x-0.npy", "toy/toy-y-0.npy")
X = np.arange(12.0, dtype=np.float32).reshape(4, 3)
Y = np.array([3.0, 1.0, 2.0, 0.5], dtype=np.float32)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    write_shards(folder / "toy", "toy", X, Y)
    np.savez(folder / "toy.npz", designs=X.astype(np.float64), scores=Y)
    np.savez(folder / "two.npz", a=X, b=X)
    np.savez(folder / "nan.npz", a=X * np.nan, b=Y)
    np.savez(folder / "objects.npz", a=np.array([{}, 1], dtype=object))
    with zipfile.ZipFile(folder / "toy.zip", "w") as zipped:
        for path in FILES:
            zipped.write(folder / path, f"design_bench_data/{path}")
            zipped.writestr(f"other/{Path(path).stem}.txt", "x")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    with serving(folder) as running:
        yield running


@pytest.fixture
def data_set() -> DataSet:
    return DataSet("toy", "made up", FILES, "nowhere", "ours", url=None)


def place(server: Server, name: str, **settings: object) -> Place:
    form = Path(name).suffix[1:] or "files"
    return Place("here", f"{server.url('good')}/{name}".rstrip("/"), form, **settings)  # type: ignore[arg-type]


def left_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ["", "toy.zip", "toy.npz"])
def test_every_form_gives_the_shards(
    server: Server, data_set: DataSet, tmp_path: Path, name: str
) -> None:
    to = tmp_path / "data"
    assert obtain(data_set, to, place(server, name)) == list(FILES)
    assert left_in(to) == list(FILES)
    for path in FILES:
        assert (to / path).read_bytes() == (tmp_path / "served" / path).read_bytes()
    asked = len(server.requests)
    assert obtain(data_set, to, place(server, name)) == []
    assert len(server.requests) == asked


def test_parquet_in_the_order_of_its_rows(
    server: Server, data_set: DataSet, tmp_path: Path
) -> None:
    import pyarrow
    import pyarrow.parquet

    order = [2, 0, 3, 1]
    table = pyarrow.table(
        {
            "weights": pyarrow.FixedSizeListArray.from_arrays(X[order].ravel(), 3),
            "score": Y[order],
            "row": pyarrow.array(order, pyarrow.int32()),
            "name": ["a", "b", "c", "d"],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "served" / "toy.parquet")
    columns = ("weights", "score", "row")
    obtain(data_set, tmp_path / "data", place(server, "toy.parquet", columns=columns))
    for path in FILES:
        assert sha256(tmp_path / "data" / path) == sha256(tmp_path / "served" / path)


def test_parquet_without_its_reader(
    server: Server, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "served" / "toy.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingDependencyError, match="pip install pyarrow"):
        obtain(data_set, tmp_path / "data", place(server, "toy.parquet"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two.npz", "2 of its arrays are tables"),
        ("nan.npz", "no finite number"),
        ("objects.npz", "Object arrays cannot be loaded"),
        ("broken.zip", "not what it should be"),
        ("gone.zip", "404"),
    ],
)
def test_what_is_wrong_is_thrown_away(
    server: Server, data_set: DataSet, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(MissingDataError, match=message):
        obtain(data_set, tmp_path / "data", place(server, name))
    assert left_in(tmp_path / "data") == []


def test_a_checksum_is_compared(server: Server, data_set: DataSet, tmp_path: Path) -> None:
    right = {path: sha256(tmp_path / "served" / path) for path in FILES}
    wrong = replace(data_set, sha256={**right, FILES[1]: "0" * 64})
    for name in ("toy.zip", "toy.npz"):
        with pytest.raises(MissingDataError, match=r"toy-y-0\.npy is not the file.*SHA-256"):
            obtain(wrong, tmp_path / "data", place(server, name))
        assert left_in(tmp_path / "data") == [FILES[0]]
    with pytest.raises(MissingDataError, match="not the file that is wanted"):
        obtain(data_set, tmp_path / "other", place(server, "toy.zip", sha256="0" * 64))
    assert obtain(replace(data_set, sha256=right), tmp_path / "data", place(server, "toy.zip")) == [
        FILES[1]
    ]


def test_a_file_that_is_too_large(server: Server, data_set: DataSet, tmp_path: Path) -> None:
    for name in ("toy.npz", "toy.zip"):
        with pytest.raises(MissingDataError, match=r"more than 100|bytes"):
            obtain(data_set, tmp_path / "data", place(server, name, largest=100))
    assert left_in(tmp_path / "data") == []


def test_the_one_file_of_a_place_is_as_large_as_the_place_says(
    server: Server, data_set: DataSet, tmp_path: Path
) -> None:
    small = Limits(largest=10)  # of files of which nothing is known
    assert obtain(data_set, tmp_path / "data", place(server, "toy.zip"), small) == list(FILES)
    with pytest.raises(MissingDataError, match="at most 10 are wanted"):
        obtain(data_set, tmp_path / "other", place(server, ""), small)


def test_a_known_size_is_compared_before_a_byte_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORCHBDI_CHECKSUMS", raising=False)  # sizes of made-up data are not known
    path = DATA_SETS["utr"].files[0]
    size = expected_size(path)
    assert size is not None
    (tmp_path / "served" / path).parent.mkdir(parents=True)
    (tmp_path / "served" / path).write_bytes(b"x" * (size + 1))
    one = replace(DATA_SETS["utr"], files=(path,))
    with (
        serving(tmp_path / "served") as server,
        pytest.raises(MissingDataError, match=f"it has {size + 1:,} bytes; {size:,} are wanted"),
    ):
        obtain(one, tmp_path / "data", place(server, ""))


@pytest.mark.parametrize("known", [False, True])
def test_one_file_that_broke_off_is_gone_on_with(
    server: Server, data_set: DataSet, tmp_path: Path, known: bool
) -> None:
    to, whole = tmp_path / "data", tmp_path / "served" / "toy.zip"
    with zipfile.ZipFile(whole, "a") as zipped:
        zipped.writestr("more", np.random.default_rng(0).bytes(2**18))
    good = place(server, "toy.zip", sha256=sha256(whole) if known else None)
    with pytest.raises(MissingDataError, match="it goes on after"):
        obtain(data_set, to, replace(good, url=server.url("truncated") + "/toy.zip"))
    (partial,) = left_in(to)
    there = (to / partial).stat().st_size
    assert obtain(data_set, to, good) == list(FILES)
    assert server.requests[-1] == ("/good/toy.zip", f"bytes={there}-")
    assert left_in(to) == list(FILES)


@pytest.mark.parametrize("name", ["gone.zip", "broken.zip", "toy.zip"])
def test_files_are_put_where_they_are_looked_for(
    server: Server, data_set: DataSet, tmp_path: Path, name: str
) -> None:
    to = tmp_path / "data"
    with pytest.raises(MissingDataError) as caught:
        obtain(data_set, to, place(server, name, largest=100))
    assert f"put {', '.join(FILES)} into {to} yourself" in str(caught.value)


def test_a_zip_with_two_members_of_one_name(data_set: DataSet, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for folder in ("a", "b"):
            zipped.writestr(f"{folder}/toy-x-0.npy", b"x")
    (tmp_path / "two.zip").write_bytes(content.getvalue())
    with serving(tmp_path) as server, pytest.raises(MissingDataError, match="2 members"):
        obtain(data_set, tmp_path / "data", place(server, "two.zip"))


def test_nothing_is_fetched_offline(
    server: Server, data_set: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHBDI_OFFLINE", "1")
    with pytest.raises(MissingDataError, match="TORCHBDI_OFFLINE"):
        obtain(data_set, tmp_path / "data", place(server, "toy.zip"))
    assert server.requests == []


def test_every_data_set_but_the_packed_one_has_a_place() -> None:
    assert set(PLACES) == set(DATA_SETS) - {"tfbind10-packed"}
    for name, places in PLACES.items():
        assert len({found.name for found in places}) == len(places)
        for found in places:
            assert set(found.files) | set(found.names) <= set(DATA_SETS[name].files)
            assert found.url.startswith("https://")
            assert (found.form == "parquet") == all(found.columns)
    assert place_of("ant", None).name == "mirror"
    assert place_of("ant", "dibo").form == "npz"
    with pytest.raises(InputError, match="Valid: mirror, snapshot, dibo"):
        place_of("ant", "moon")


def test_the_command_line(data_dir: Path, tmp_path: Path) -> None:
    """The RNA tables, served under the names that their place has for them."""
    served = tmp_path / "served" / "rna_data"
    served.mkdir(parents=True)
    for path in DATA_SETS["rna1"].files:
        (served / Path(path).name).write_bytes((data_dir / path).read_bytes())
    with serving(tmp_path / "served") as server:
        here = replace(PLACES["rna1"][0], url=server.url("good"))
        places = {**PLACES, "rna1": (here,)}
        for words in (
            ["get", "rna1", "--from", "bootgen"], ["get", "rna1", "--from=bootgen"],
            ["get", "rna1"], ["download", "rna1"],
        ):  # fmt: skip
            to = tmp_path / "data" / str(len(server.requests))
            to.mkdir(parents=True)
            cli.main([*words, f"data_dir={to}"], places)
            assert left_in(to) == sorted(DATA_SETS["rna1"].files)
        with pytest.raises(InputError, match="Valid: bootgen"):
            cli.main(["get", "rna1", "--from", "moon", f"data_dir={to}"], places)
        with pytest.raises(InputError, match="from: not known here"):
            cli.main(["download", "rna1", "--from", "bootgen", f"data_dir={to}"])
    with pytest.raises(InputError, match="cannot be fetched: packed"):
        cli.main(["download", "tfbind10-packed", f"data_dir={tmp_path}"])
    with pytest.raises(InputError, match="Valid: ant"):
        cli.main(["check", "rna1", f"data_dir={tmp_path}"])


def test_two_tasks_of_one_data_set(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As somebody's own task has it, which takes the letters and another true function."""
    fetched: list[Path] = []
    sources = [
        Source("original", DATA_SETS["tfbind8"]),
        Source("original", DATA_SETS["tfbind8"], fetch=fetched.append),
    ]
    monkeypatch.setattr(cli, "_sources", lambda: iter(sources))
    monkeypatch.setattr(Source, "ensure", lambda self, folder: self.fetch(folder))
    cli.main(["download", "tfbind8", f"data_dir={tmp_path}"])
    assert fetched == [tmp_path]


def test_the_ant_is_checked_by_the_authors_coefficients(tmp_path: Path) -> None:
    """On a made-up table: its own coefficients fit, those of another do not."""
    rng = np.random.default_rng(0)
    x = rng.normal(3.0, 2.0, (500, 60)).astype(np.float32)
    y = np.sin(x).sum(1).astype(np.float32)
    seen = y <= np.percentile(y, 40)

    def coefficients(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        import torch

        x, y = x.astype(np.float64), y.astype(np.float64)
        features = torch.from_numpy((x - x.mean(0)) / x.std(0))
        fit = fit_ridge(NTK(), features, torch.from_numpy((y - y.mean()) / y.std()))
        return fit.coefficients.numpy()

    d = coefficients(x[seen], y[seen])
    assert largest_error(x[seen], y[seen], d) < 1e-6
    assert largest_error(x[seen][::-1], y[seen], d) > 1
    with pytest.raises(InputError, match="3 coefficients"):
        largest_error(x, y, d[:3])
    served = tmp_path / "served"
    served.mkdir()
    np.save(served / "right.npy", d[:, None])
    np.save(served / "wrong.npy", d[::-1, None].copy())
    np.save(served / "short.npy", d[1:, None])
    with pytest.raises(MissingDataError, match="--from dibo"):
        check_ant(tmp_path)
    write_shards(tmp_path / "ant_morphology", "ant_morphology", x, y)
    with serving(served) as server:
        assert check_ant(tmp_path, f"{server.url('good')}/right.npy", None) < 1e-6
        for name in ("wrong", "short"):
            with pytest.raises(MissingDataError, match="not the one that the BDI authors used"):
                check_ant(tmp_path, f"{server.url('good')}/{name}.npy", None)
        with pytest.raises(MissingDataError, match=r"link may be dead: check it another time\.$"):
            check_ant(tmp_path, f"{server.url('good')}/gone.npy", None)

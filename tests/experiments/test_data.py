"""The table of sources, downloads from a local server, and what is built from published tables."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from another_process import made_meanwhile
from file_server import Server, serving

from experiments.conf import __file__ as conf_file
from experiments.data import __main__ as cli
from experiments.data import built
from experiments.data.built import AMINO_ACIDS, ensure_built, gfp_table, translate
from experiments.data.download import download, fetch
from experiments.data.limits import Limits
from experiments.data.present import fault, missing, require
from experiments.data.shards import read_shards, write_shards
from experiments.data.sources import DATA_SETS, LARGEST, DataSet, checksums, expected_size, sizes
from torchbdi import InputError, MissingDataError

ONE = "utr/utr-y-0.npy"


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    with serving(data_dir) as running:
        yield running


def one_file(server: Server, mode: str, path: str = ONE) -> DataSet:
    """A data set of one file, served in one of the server's ways."""
    return replace(DATA_SETS["utr"], files=(path,), url=server.url(mode))


def left_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_every_task_has_sources_and_every_digest_a_file() -> None:
    tasks = {path.stem for path in (Path(conf_file).parent / "task").glob("*.yaml")}
    assert tasks <= set(DATA_SETS)
    built = {f"superconductor/superconductor-{p}-{i}.npy" for p in "xy" for i in range(5)}
    assert set(checksums()) - built <= {path for d in DATA_SETS.values() for path in d.files}
    assert all(len(digest) == 64 for digest in checksums().values())


def test_the_digests_and_sizes_are_those_of_the_data(real_data: Path) -> None:
    names = ("tfbind8", "superconductor", "utr", "gfp")
    for name in names:
        require(real_data, name)
        assert all(path in checksums() for path in DATA_SETS[name].files)
    cli.verify(real_data, names)
    assert set(sizes()) <= set(checksums())
    for path, size in sizes().items():
        assert (real_data / path).stat().st_size == size
    assert expected_size("utr/utr-y-0.npy") == 80_128
    assert expected_size("ant_morphology/ant_oracle.pkl") is None
    assert Limits().largest == 2 * LARGEST
    assert max(sizes().values()) <= LARGEST


def test_a_good_server(server: Server, data_dir: Path, tmp_path: Path) -> None:
    item = one_file(server, "good")
    download(item, tmp_path)
    assert (tmp_path / ONE).read_bytes() == (data_dir / ONE).read_bytes()
    assert left_in(tmp_path) == [ONE]
    asked = len(server.requests)
    download(item, tmp_path)
    assert len(server.requests) == asked  # it is there: nothing is fetched
    (tmp_path / ONE).write_bytes(b"spoilt")
    download(item, tmp_path)
    assert fault(tmp_path, ONE) is None


def test_a_wrong_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"not the file that is wanted.*thrown away"):
        download(one_file(server, "bad"), tmp_path)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("mode", ["truncated", "stalling"])
def test_a_broken_download_goes_on(server: Server, tmp_path: Path, mode: str) -> None:
    with pytest.raises(MissingDataError, match=r"broke off.*goes on after [\d,]+ bytes"):
        download(one_file(server, mode), tmp_path, Limits(30.0, 2.0))
    (partial,) = left_in(tmp_path)
    assert partial.endswith(".partial")
    kept = (tmp_path / partial).stat().st_size
    assert kept > 30_000
    download(one_file(server, "good"), tmp_path)
    assert server.requests[-1][1] == f"bytes={kept}-"
    assert left_in(tmp_path) == [ONE]


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        download(one_file(server, "truncated"), tmp_path)
    download(one_file(server, "noranges"), tmp_path)
    assert left_in(tmp_path) == [ONE]


def test_a_partial_file_that_is_no_part_of_it(
    server: Server, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "utr").mkdir()
    partial = tmp_path / "utr" / ".utr-y-0.npy.partial"
    partial.write_bytes(b"?" * 1000)  # goes on, is found out, and is not tried a second time
    with pytest.raises(MissingDataError, match="not the file that is wanted"):
        download(one_file(server, "good"), tmp_path)
    partial.write_bytes(b"?" * 10**6)  # longer than the file: the server refuses to go on
    download(one_file(server, "good"), tmp_path)
    assert left_in(tmp_path) == [ONE]


def test_a_file_without_a_known_digest_must_be_whole(
    server: Server, data_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "served"
    (folder / "gfp").mkdir(parents=True)
    path = "gfp/gfp-y-0.npy"
    (folder / path).write_bytes((data_dir / ONE).read_bytes()[:-4])
    with serving(folder) as own:
        with pytest.raises(MissingDataError, match="not a whole array"):
            download(one_file(own, "good", path), tmp_path / "to")
        assert left_in(tmp_path / "to") == []
        (folder / path).write_bytes((data_dir / ONE).read_bytes())
        with pytest.raises(MissingDataError, match="broke off"):
            download(one_file(own, "truncated", path), tmp_path / "to")
        download(one_file(own, "good", path), tmp_path / "to")
        assert own.requests[-1][1] is None  # nothing would tell a wrong join: it is fetched whole
    assert left_in(tmp_path / "to") == [path]


def test_dead_links_and_no_network(server: Server, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"answered 404.*put it into"):
        download(one_file(server, "good", "utr/none.npy"), tmp_path)
    with pytest.raises(MissingDataError, match=r"broke off.*Check the network"):
        fetch("http://127.0.0.1:9/file", tmp_path / "file", None)
    assert left_in(tmp_path) == []


def test_the_offline_switch(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHBDI_OFFLINE", "1")
    (tmp_path / "utr").mkdir()
    (tmp_path / ONE).write_text("somebody's own")
    with pytest.raises(MissingDataError, match="TORCHBDI_OFFLINE is set"):
        download(one_file(server, "good"), tmp_path)
    assert (tmp_path / ONE).read_text() == "somebody's own"
    with pytest.raises(MissingDataError, match="TORCHBDI_OFFLINE is set"):
        cli.main(["download", "tfbind8", f"data_dir={tmp_path}"])
    assert server.requests == []


def test_a_folder_that_cannot_be_written_to(server: Server, tmp_path: Path) -> None:
    (tmp_path / "utr").write_text("a file where a folder should be")
    with pytest.raises(MissingDataError, match="cannot write to"):
        download(one_file(server, "good"), tmp_path)


def test_an_archive(data_dir: Path, tmp_path: Path) -> None:
    wanted, served, to = "superconductor/unique_m.csv", tmp_path / "served", tmp_path / "to"
    served.mkdir()
    with zipfile.ZipFile(served / "uci.zip", "w") as zipped:
        zipped.write(data_dir / wanted, "inner/unique_m.csv")
        zipped.writestr("train.csv", "not wanted")
    with zipfile.ZipFile(served / "wrong.zip", "w") as zipped:
        zipped.writestr("unique_m.csv", (data_dir / wanted).read_bytes()[::-1])
    with zipfile.ZipFile(served / "empty.zip", "w") as zipped:
        zipped.writestr("train.csv", "not wanted")
    with zipfile.ZipFile(served / "holes.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(data_dir / wanted, "unique_m.csv")
    content = bytearray((served / "holes.zip").read_bytes())
    content[1000:2000] = bytes(1000)  # the directory at its end is whole
    (served / "holes.zip").write_bytes(content)
    with serving(served) as own:

        def item(mode: str, name: str) -> DataSet:
            return replace(DATA_SETS["superconductor"], url=f"{own.url(mode)}/{name}")

        for mode, name, message in (
            ("bad", "uci.zip", "archive is not what it should be"),
            ("good", "empty.zip", "archive is not what it should be"),
            ("good", "holes.zip", "archive is not what it should be"),
            ("good", "wrong.zip", "is not the file that is wanted"),
        ):
            with pytest.raises(MissingDataError, match=message):
                download(item(mode, name), to)
            assert left_in(to) == []
        with pytest.raises(MissingDataError, match="goes on after"):
            download(item("truncated", "uci.zip"), to)
        download(item("good", "uci.zip"), to)
    assert left_in(to) == [wanted]


def test_superconductor_is_built_to_design_benchs_bytes(data_dir: Path) -> None:
    folder = ensure_built(data_dir, "superconductor")
    for path in sorted(folder.glob("*.npy")):
        assert path.read_bytes() == (data_dir / "superconductor" / path.name).read_bytes()
    assert len(list(folder.glob("*.npy"))) == 10


def test_a_damaged_built_table_is_built_again(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ensure_built(data_dir, "superconductor")
    ensure_built(data_dir, "superconductor")
    assert capsys.readouterr().out.count("building") == 1
    shard = folder / "superconductor-y-0.npy"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + b"\x00")
    # A shard that is left of a longer table is not read as a part of this one.
    left = folder / "superconductor-x-99.npy"
    left.write_bytes(whole)
    (folder / "card.json").write_text("{")
    ensure_built(data_dir, "superconductor")
    assert shard.read_bytes() == whole
    assert not left.exists()


def test_a_built_table_that_another_process_builds_is_waited_for(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = ensure_built(data_dir, "superconductor")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "torchbdi" / "built" / whole.name
    made_meanwhile(
        monkeypatch, built, "is_whole", folder,
        lambda: ensure_built(data_dir, "superconductor"),
        lambda: shutil.copytree(whole, folder, dirs_exist_ok=True),
    )  # fmt: skip
    assert capsys.readouterr().out.count("building") == 1  # the first one above
    for path in whole.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()


def test_the_protein_level_table(real_data: Path) -> None:
    x, y = gfp_table(real_data)
    assert x.shape == (51715, 237)
    assert len({row.tobytes() for row in x}) == 51715
    fasta = (real_data / "gfp_source/avGFP_reference_sequence.fa").read_text()
    wild = translate(fasta.split("\n")[1])
    assert wild.startswith("SKGEELFTGVVPILVELDGDVNGHKFSVSGEGEGDATYGKLTLKFICTTGKLPVPWPTLVTTLSYG")
    assert wild.endswith("GMDELYK")
    # Every row again, by the plainest code there is.
    lines = (real_data / "gfp_source/amino_acid_genotypes_to_brightness.tsv").read_text()
    rows = [line.split("\t") for line in lines.splitlines()[1:]]
    rows = [row for row in rows if "*" not in row[0]]
    for i in [0, 1, *np.random.default_rng(0).choice(len(rows), 500)]:
        protein = list(wild)
        for change in filter(None, rows[i][0].split(":")):
            assert protein[int(change[2:-1])] == change[1]
            protein[int(change[2:-1])] = change[-1]
        assert "".join(AMINO_ACIDS[k] for k in x[i]) == "".join(protein)
        assert y[i] == np.float32(rows[i][2])


def test_translation_stops_at_a_stop() -> None:
    assert translate("ATGGCC\nTGGTAAATG") == "MAW"


def test_shards_round_trip(tmp_path: Path) -> None:
    x, y = np.arange(46).reshape(23, 2), np.arange(23.0)
    write_shards(tmp_path, "t", x, y, rows=2)  # twelve shards: 10 comes after 9, not after 1
    again = read_shards(tmp_path, "t")
    assert np.array_equal(again[0], x)
    assert np.array_equal(again[1], y)


def test_what_a_task_says_without_its_data(tmp_path: Path) -> None:
    with pytest.raises(
        MissingDataError, match=r"28 of 28 files are missing.*\n.*experiments.data download utr"
    ):
        require(tmp_path, "utr")
    assert len(missing(tmp_path, "utr")) == 28
    (tmp_path / "superconductor").mkdir()
    (tmp_path / "superconductor/unique_m.csv").write_text("H,He\n")
    with pytest.raises(MissingDataError, match=r"is damaged: its SHA-256 is .*Delete it"):
        require(tmp_path, "superconductor")


def test_the_command_line(tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / "utr").mkdir()
    (tmp_path / ONE).write_bytes((data_dir / ONE).read_bytes())
    table = cli.listing(tmp_path)
    assert "| utr | 1 of 28; get them: download utr |" in table
    assert "| ant | 0 of 3; a table is regenerated" in table
    with pytest.raises(MissingDataError, match=r"27 files are not as they should be"):
        cli.main(["verify", "utr", f"data_dir={tmp_path}"])
    cli.main(["verify", f"data_dir={tmp_path}"])  # what is there is well
    (tmp_path / ONE).write_bytes(b"spoilt")
    with pytest.raises(MissingDataError, match="1 files are not as they should be"):
        cli.main(["verify", f"data_dir={tmp_path}"])
    for words, message in (
        ([], "give one of list, download"),
        (["fetch"], "give one of list, download"),
        (["download"], "download what"),
        (["download", "utrs"], "Did you mean utr"),
        (["download", "utr", "fast=1"], "fast=1: not known"),
        (["build", "utr", f"data_dir={tmp_path}"], "utr is not built"),
    ):
        with pytest.raises(InputError, match=message):
            cli.main(words)
    command = [sys.executable, "-m", "experiments.data", "verify", f"data_dir={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")

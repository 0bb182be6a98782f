"""Arrays come out of a pickle; nothing else does, and nothing runs."""

from __future__ import annotations

import collections
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from experiments.robots.restricted_pickle import UnsafePickleError, load_arrays

ARRAYS = {
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "vector": np.array([1.5, -np.inf, np.nan]),
    "empty": np.zeros((0, 4)),
    "number": np.array(2.5),
    "big-endian": np.arange(3, dtype=">f8"),
}


def written(tmp_path: Path, content: object, protocol: int | None = None) -> Path:
    path = tmp_path / "file.pkl"
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", [dict, collections.OrderedDict])
def test_arrays_come_back(tmp_path, protocol, kind):
    loaded = load_arrays(written(tmp_path, kind(ARRAYS), protocol))
    assert list(loaded) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype.newbyteorder("=")


def test_old_and_new_numpys_names_are_known(tmp_path):
    for new, old in ((b"numpy._core", b"numpy.core"), (b"numpy.core", b"numpy._core")):
        # Protocol 0 names modules in plain lines, so they can be exchanged.
        data = pickle.dumps(ARRAYS, 0).replace(new, old)
        np.testing.assert_array_equal(
            load_arrays(written(tmp_path, data))["matrix"], ARRAYS["matrix"]
        )


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def attacks(marker: Path) -> dict[str, object]:
    """Pickles that would create the marker, or get hold of something that could."""
    command = f"open({str(marker)!r}, 'w')"
    array = np.zeros(2)
    return {
        "system": Call(os.system, f"touch {marker}"),
        "system in a dict": {"x": Call(os.system, f"touch {marker}")},
        "eval": {"x": Call(eval, command)},
        "exec": {"x": Call(exec, command)},
        "open": {"x": Call(open, str(marker), "w")},
        "getattr": {"x": Call(getattr, array, "tofile")},
        "import": {"x": Call(__import__, "os")},
        "numpy.load": {"x": Call(np.load, str(marker))},
        "numpy.memmap": {"x": Call(np.memmap, str(marker), "f4", "w+", 0, (4,))},
        # Named as an attribute of something that is allowed.
        "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
        "dotted numpy": b"\x80\x04\x8c\x05numpy\x8c\x0dlib.npyio.load\x93.",
        "own module": b"cexperiments.oracles.restricted_pickle\nload_arrays\n.",
        "the dict's own": b"\x80\x04\x8c\x0bcollections\x8c\x17OrderedDict.__subclasses__\x93.",
        "extension": b"\x80\x02\x82\x01.",
        "persistent": b"Psomewhere\n.",
        "persistent on the stack": b"\x80\x02K\x01Q.",
    }


@pytest.mark.parametrize("name", attacks(Path("marker")))
def test_nothing_runs(tmp_path, name):
    marker = tmp_path / "marker"
    with pytest.raises(UnsafePickleError, match=r"file\.pkl"):
        load_arrays(written(tmp_path, attacks(marker)[name]))
    assert not marker.exists()


def test_the_attacks_would_work_on_pickle_itself(tmp_path):
    marker = tmp_path / "marker"
    pickle.loads(pickle.dumps(attacks(marker)["system in a dict"]))
    assert marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"x": [1.0]},
        {"x": b"bytes"},
        {"x": np.arange(3)},
        {"x": np.array([{}, []], dtype=object)},
        {"x": np.array(["a"])},
        {"x": np.zeros(2, dtype=[("a", "f4")])},
        {"x": {"y": np.zeros(2)}},
        {1: np.zeros(2)},
        [np.zeros(2)],
        np.zeros(2),
        None,
        {"x": np.dtype("f4")},
        {"x": np.ndarray},
    ],
    ids=repr,
)
def test_only_a_dict_of_numbers_is_read(tmp_path, content):
    with pytest.raises(UnsafePickleError):
        load_arrays(written(tmp_path, content))


def changed(old: bytes, new: bytes) -> bytes:
    data = pickle.dumps({"x": np.zeros((2, 3), dtype=np.float64)}, 2)
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize(
    "data",
    [
        changed(b"K\x02K\x03\x86", b"K\x02K\x04\x86"),  # another shape than there are bytes for
        changed(b"K\x02K\x03\x86", b"J\xfe\xff\xff\xffJ\xfd\xff\xff\xff\x86"),  # (-2, -3)
        changed(b"K\x02K\x03\x86", b"G@\x00\x00\x00\x00\x00\x00\x00K\x03\x86"),  # (2.0, 3)
        changed(b"f8", b"O8"),
        changed(b"X\x01\x00\x00\x00<", b"X\x01\x00\x00\x00?"),  # byte order
        pickle.dumps(ARRAYS)[:-40],
        pickle.dumps(ARRAYS)[:30],
        b"",
        b"not a pickle",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\x00\x00.",  # a text of 2^48 bytes
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\x00\x00.",  # an array of 2^48 bytes
    ],
)
def test_damaged_files_are_an_error(tmp_path, data):
    with pytest.raises(UnsafePickleError):
        load_arrays(written(tmp_path, data))


def test_what_a_file_does_to_the_recorders_ends_with_it(tmp_path):
    # Replaces a method of what stands for numpy.dtype, then goes on with good arrays.
    method = b"X\x0c\x00\x00\x00__setstate__"
    damage = b"cnumpy\ndtype\nN}" + method + b"cnumpy\nndarray\ns\x86b0"
    good = pickle.dumps(ARRAYS, 2)
    with pytest.raises(UnsafePickleError):
        load_arrays(written(tmp_path, good[:2] + damage + good[2:]))
    loaded = load_arrays(written(tmp_path, good))
    np.testing.assert_array_equal(loaded["matrix"], ARRAYS["matrix"])


def test_huge_files_are_not_read(tmp_path):
    with pytest.raises(UnsafePickleError, match="at most 100"):
        load_arrays(written(tmp_path, ARRAYS), limit=100)

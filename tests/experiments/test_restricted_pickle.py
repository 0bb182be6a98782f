"""Arrays come out of a pickle; nothing else does, and nothing runs."""

from __future__ import annotations

import collections
import os
import pickle
import time
import traceback
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from experiments.robots import restricted_pickle
from experiments.robots.restricted_pickle import UnsafePickleError, load_arrays, quoted

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


def through_getattr(command: str) -> bytes:
    """By getattr alone: from a recorder's globals to their builtins to exec."""
    get = b"cbuiltins\ngetattr\n("
    of_globals = get + get + b"c_codecs\nencode\nS'__globals__'\ntRS'get'\ntR"
    builtins = of_globals + b"(S'__builtins__'\ntR"
    return get + builtins + b"S'get'\ntR(S'exec'\ntR" + f"(S{command!r}\ntR.".encode()


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
        "builtins through getattr": through_getattr(command),
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


def test_a_reader_that_also_knew_getattr_would_run_anything(tmp_path, monkeypatch):
    """So the attack above fails when that name is let in."""
    recorders = restricted_pickle._recorders
    monkeypatch.setattr(
        restricted_pickle,
        "_recorders",
        lambda: recorders() | {("builtins", "getattr"): getattr},
    )
    marker = tmp_path / "marker"
    with pytest.raises(UnsafePickleError):
        load_arrays(written(tmp_path, attacks(marker)["builtins through getattr"]))
    assert marker.exists()


def test_seven_names_are_known_and_none_of_them_is_imported():
    known = restricted_pickle._recorders()
    assert set(known) == {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.numeric", "_frombuffer"),
        ("_codecs", "encode"),
        ("__builtin__", "bytes"),
        ("collections", "OrderedDict"),
    }
    assert {thing.__module__ for thing in known.values()} == {restricted_pickle.__name__}


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


#: t = (); t = (t, t) forty times: few bytes, and 2^40 things to print, to hash or to compare.
DOUBLED = b")" + b"2\x86" * 40


def dict_of(value: bytes) -> bytes:
    return b"\x80\x02}U\x01x" + value + b"s."


def array_of(shape: bytes) -> bytes:
    data = pickle.dumps({"x": np.zeros((2, 3), dtype=np.float64)}, 2)
    assert data.count(b"K\x02K\x03\x86") == 1
    return data.replace(b"K\x02K\x03\x86", shape)


@pytest.mark.parametrize(
    "data",
    {
        "persistent": b"\x80\x02" + DOUBLED + b"Q.",
        "in place of a dict": b"\x80\x02" + DOUBLED + b".",
        "in place of an array": dict_of(DOUBLED),
        "a key": b"\x80\x02}" + DOUBLED + b"K\x01s.",
        "keys": b"\x80\x02}(" + DOUBLED + b"K\x01" + DOUBLED + b"K\x01u.",
        "a key of a plain dict": b"\x80\x02(" + DOUBLED + b"K\x01d.",
        "a key of an ordered dict": b"\x80\x02ccollections\nOrderedDict\n]"
        + DOUBLED
        + b"K\x01\x86a\x85R.",
        "in a set": b"\x80\x04\x8f(" + DOUBLED + b"\x90.",
        "in a frozen set": b"\x80\x04(" + DOUBLED + b"\x91.",
        "a shape": array_of(DOUBLED),
        "in a shape": array_of(DOUBLED + b"\x85"),
        "a long shape": array_of(b"(" + b"K\x01" * 10**5 + b"t"),
        "huge numbers as a shape": array_of(
            b"(" + (b"\x8a\xff" + b"\x7f" * 255) * 30_000 + b"t"
        ),
        "a module": b"\x80\x02c" + b"m" * 10**7 + b"\nname\n.",
        "a name": b"\x80\x02cnumpy\n" + b"n" * 10**7 + b"\n.",
        "a text": b"\x80\x02X" + (10**7).to_bytes(4, "little") + b"t" * 10**7 + b"Q.",
        "bytes": b"\x80\x03B" + (10**7).to_bytes(4, "little") + b"t" * 10**7 + b"Q.",
        "the name of an array": b"\x80\x02}X" + (10**7).to_bytes(4, "little") + b"t" * 10**7
        + b"K\x01s.",
        "the name of a recorder": b"\x80\x02cnumpy\nndarray\n0cnumpy\nndarray\nN}U\x08__name__X"
        + (10**7).to_bytes(4, "little") + b"t" * 10**7 + b"s\x86b)R.",
        "a number": b"\x80\x02\x8b" + (10**6).to_bytes(4, "little") + b"\x7f" * 10**6 + b"Q.",
        "the type of an array": pickle.dumps({"x": np.zeros(2)}, 2).replace(
            b"X\x02\x00\x00\x00f8", b"X" + (10**7).to_bytes(4, "little") + b"8" * 10**7
        ),
        "what an array is made of": b"\x80\x02}U\x01xcnumpy.core.multiarray\n_reconstruct\n)R"
        + DOUBLED + b"bs.",
        "bytes to come": b"\x80\x05\x96" + (2**36).to_bytes(8, "little") + b".",
        "text to come": b"\x80\x04\x8d" + (2**36).to_bytes(8, "little") + b".",
    }.items(),
    ids=lambda entry: entry[0],
)  # fmt: skip
def test_messages_time_and_memory_are_bounded(tmp_path, data):
    """Whatever stands in the file. Without the bounds these run for ever, or out of memory."""
    tracemalloc.start()
    start = time.monotonic()
    with pytest.raises(UnsafePickleError) as refused:
        load_arrays(written(tmp_path, data[1]))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    text = "".join(traceback.format_exception(refused.value))
    assert len(str(refused.value)) < len(str(tmp_path)) + 300
    assert len(text) < 20_000
    assert time.monotonic() - start < 60
    assert used < 2e8


def test_arrays_that_share_their_bytes_do_not_add_up(tmp_path):
    array = np.zeros(1000)
    same = {f"x{i}": array for i in range(20)}
    path = written(tmp_path, same)
    assert len(load_arrays(path)) == 20
    assert path.stat().st_size < 20_000
    with pytest.raises(UnsafePickleError, match="more than 100,000 bytes"):
        load_arrays(path, limit=100_000)


def test_quoted():
    assert quoted("name") == "'name'"
    assert quoted(b"a" * 81) == repr(b"a" * 80) + "... (81 in all)"
    assert quoted((2, 3.5)) == "(2, 3.5)"
    assert quoted(tuple(range(9))) == "(0, 1, 2, 3, 4, 5, 6, 7, ...)"
    assert quoted(2**70) == "a number of 71 bits"
    assert quoted([1]) == "a list"
    assert quoted(None) == "None"


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

"""Packaging: what a wheel holds, what an import loads."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from forked import finished

ROOT = Path(__file__).parents[2]


def python(code: str, *, cwd: Path, interpreter: str = sys.executable) -> str:
    done = subprocess.run(
        [interpreter, "-c", code], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_wheel_installs_outside_the_checkout(tmp_path: Path) -> None:
    """Built, installed into an empty environment, imported from elsewhere."""
    subprocess.run(
        [sys.executable, "-m", "build", "-q", "--wheel", "--no-isolation", "-o", tmp_path, ROOT],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    environment = tmp_path / "env"
    venv.create(environment, with_pip=True)
    interpreter = environment / "bin" / "python"
    pip = [interpreter, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", "--no-deps"]
    subprocess.run([*pip, wheel], check=True)
    # torch and the rest come from this environment's site-packages: they are not what is tested.
    site = next(p for p in sys.path if p.endswith("site-packages"))
    code = f"""
import sys
sys.path.append({site!r})
sys.meta_path = [f for f in sys.meta_path if "editable" not in repr(f)]
import torch, torchbdi, torchbdi.kernels
assert torchbdi.__file__.startswith({str(environment)!r}), torchbdi.__file__
assert torchbdi.kernels.__file__.startswith({str(environment)!r})
x = torch.randn(5, 3, dtype=torch.float64)
print(torchbdi.fit_ridge(torchbdi.NTK(), x, x[:, 0]).predict(x).shape)
try:
    import experiments
except ModuleNotFoundError:
    print("no experiments")
"""
    out = python(code, cwd=tmp_path, interpreter=str(interpreter))
    assert out.splitlines()[-2:] == ["torch.Size([5])", "no experiments"]
    package = environment / "lib"
    assert list(package.rglob("torchbdi/py.typed"))


def test_importing_torchbdi_is_quick_and_light() -> None:
    code = """
import sys, time
start = time.process_time()
import torch
middle = time.process_time()
import torchbdi
end = time.process_time()
heavy = ("lightning", "matplotlib", "tensorboard", "numba", "hydra")
print((end - start) / (middle - start), [m for m in heavy if m in sys.modules])
"""
    ratios = []
    for _ in range(3):  # the machine may be busy
        ratio, heavy = python(code, cwd=ROOT).split(maxsplit=1)
        assert heavy == "[]"
        ratios.append(float(ratio))
        if ratios[-1] < 2:
            break
    assert min(ratios) < 2, f"import torchbdi takes {min(ratios):.2f} times as long as import torch"
    import torchbdi

    assert any(base.__name__ == "LightningModule" for base in torchbdi.BDI.__mro__)


def say_what_is_loaded(out: str) -> None:
    """Which files of ours a process with all of them has loaded, and under which names."""
    ours = [ROOT / name for name in ("torchbdi", "kernels", "experiments")]
    names: dict[str, list[str]] = {}
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "/")
        known = names.setdefault(str(path), [])
        # One module may stand in for another's names; two of one file are two copies of it.
        if all(sys.modules[other] is not module for other in known):
            known.append(name)
    names = {k: v for k, v in names.items() if any(Path(k).is_relative_to(f) for f in ours)}
    Path(out).write_text(json.dumps([names, "kernels" in sys.modules]))


def test_no_module_is_loaded_under_two_names(tmp_path: Path) -> None:
    """In a copy of the process that has imported experiments.train (forked.py)."""
    assert finished(say_what_is_loaded, str(tmp_path / "names")) == 0
    names, kernels = json.loads((tmp_path / "names").read_text())
    loaded = {name for each in names.values() for name in each}
    assert {"torchbdi.bdi", "torchbdi.kernels", "experiments.train"} <= loaded
    assert len(names) > 20
    assert [each for each in names.values() if len(each) > 1] == []
    assert not kernels


def test_torchbdi_knows_nothing_of_experiments() -> None:
    """The arrows go one way: experiments -> torchbdi -> kernels."""
    outside = ("experiments", "design_bench", "hydra", "mujoco", "gymnasium", "omegaconf")
    for folder in ("torchbdi", "kernels"):
        for path in (ROOT / folder).rglob("*.py"):
            imports = [
                line.split()[1].split(".")[0]
                for line in path.read_text().splitlines()
                if line.lstrip().startswith(("import ", "from ")) and " " in line
            ]
            assert not set(imports) & set(outside), path
            if folder == "kernels":
                assert "from torchbdi" not in path.read_text(), path
                assert "import torchbdi" not in path.read_text(), path


def test_unknown_attribute() -> None:
    import torchbdi

    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        torchbdi.nope  # noqa: B018
    assert {"BDI", "NTK", "fit_ridge"} <= set(dir(torchbdi))
    listed = dir(torchbdi.methods)
    assert {"BDI", "CMAES", "Run"} <= set(listed)
    assert all(getattr(torchbdi.methods, name).__name__ == name for name in listed if name[0] < "a")
    with pytest.raises(AttributeError, match=r"dir\(torchbdi.methods\) lists"):
        torchbdi.methods.Nothing  # noqa: B018


def test_kernels_say_where_covariance_functions_are() -> None:
    import torchbdi

    for name in ("Kernel", "NNGP", "NTK", "RBF"):
        assert hasattr(torchbdi, name)
        with pytest.raises(AttributeError, match=f"torchbdi.kernels.*{name}.*: torchbdi.{name}$"):
            getattr(torchbdi.kernels, name)
    with pytest.raises(AttributeError, match=r"no attribute 'nope'$"):
        torchbdi.kernels.nope  # noqa: B018

"""Packaging: what a wheel holds, what an import loads."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

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


def test_import_is_light() -> None:
    code = (
        "import sys, torchbdi; "
        "print([m for m in ('lightning', 'matplotlib', 'hydra', 'numba', 'tensorboard') "
        "if m in sys.modules]); torchbdi.BDI; print('lightning' in sys.modules)"
    )
    assert python(code, cwd=ROOT).splitlines() == ["[]", "True"]


def test_no_module_is_loaded_under_two_names() -> None:
    code = f"""
import sys, torchbdi, torchbdi.bdi, experiments.train
from pathlib import Path
ours = [Path({str(ROOT)!r}, name) for name in ("torchbdi", "kernels", "experiments")]
names = {{}}
for name, module in list(sys.modules.items()):
    path = Path(getattr(module, "__file__", None) or "/")
    if any(path.is_relative_to(folder) for folder in ours):
        names.setdefault(path, []).append(name)
print(len(names) > 20, [n for n in names.values() if len(n) > 1], "kernels" in sys.modules)
"""
    assert python(code, cwd=ROOT) == "True [] False"


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

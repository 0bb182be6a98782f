"""Run by the rivals' interpreter, see _rivals.py. Float64, jit."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Whatever the packages print must not get between the lines of JSON.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import jax  # type: ignore[import-not-found] # noqa: E402
import jax.numpy as jnp  # type: ignore[import-not-found] # noqa: E402
import numpy as np  # noqa: E402
from neural_tangents import stax  # type: ignore[import-not-found] # noqa: E402

jax.config.update("jax_enable_x64", True)


def kernel(depth: int) -> Callable[[Any, Any], Any]:
    """The NTK of ``depth`` dense layers, w_std = 1, no biases."""
    layers = [stax.Dense(1, W_std=1.0, b_std=None)]
    for _ in range(depth - 1):
        layers += [stax.Relu(), stax.Dense(1, W_std=1.0, b_std=None)]
    _, _, kernel_fn = stax.serial(*layers)
    return lambda a, b: kernel_fn(a, b, "ntk")


def gram(data: dict[str, Any], depth: int) -> Callable[[], Any]:
    """k(x1, x2)."""
    f, a, b = jax.jit(kernel(depth)), data["x1"], data["x2"]
    return lambda: f(a, b)


def products(data: dict[str, Any], depth: int) -> Callable[[], Any]:
    """k(x1, x2) v."""
    k, a, b, v = kernel(depth), data["x1"], data["x2"], data["v"]
    f = jax.jit(lambda a, b, v: k(a, b) @ v)
    return lambda: f(a, b, v)


def bdi_step(data: dict[str, Any], depth: int) -> Callable[[], Any]:
    """Loss and gradient of one design after another (Eq. 10 to 14, M = 1, trace-scaled ridge)."""
    k, x_l, y_l, d = kernel(depth), data["x_l"], data["y_l"], data["d"]
    ridge, target, weights = 1e-6, 10.0, 1 / len(y_l)

    def loss(x_h: Any, x_l: Any, y_l: Any, d: Any) -> Any:
        k_hl, k_hh = k(x_h, x_l), k(x_h, x_h)
        y_h = jnp.full((1,), target)
        forward = jnp.mean((y_h - k_hl @ d) ** 2)
        a = jnp.linalg.solve(k_hh + ridge * jnp.trace(k_hh) * jnp.eye(1), y_h)
        return (forward + weights * jnp.sum((y_l - k_hl.T @ a) ** 2)) / 2

    f = jax.jit(jax.value_and_grad(loss))
    designs = [data["x_h"][i : i + 1] for i in range(len(data["x_h"]))]

    def run() -> Any:
        values = []
        for x in designs:
            value, gradient = jax.block_until_ready(f(x, x_l, y_l, d))
            values.append(jnp.concatenate([value[None], gradient[0]]))
        return jnp.stack(values)

    return run


WORK = {"gram": gram, "products": products, "bdi_step": bdi_step}


def main() -> None:
    """Answers requests until the input ends."""
    work: Callable[[], Any] = lambda: None  # noqa: E731
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if "prepare" in request:
            arrays = np.load(request["arrays"])
            data = {name: jnp.asarray(arrays[name]) for name in arrays.files}
            work = WORK[request["prepare"]](data, request["depth"])
            jax.block_until_ready(work())
        elif "run" in request:
            start = time.perf_counter()
            jax.block_until_ready(work())
            answer["seconds"] = time.perf_counter() - start
        elif "result" in request:
            answer["values"] = np.atleast_2d(np.asarray(work()))[:5, :50].tolist()
        else:
            status = Path("/proc/self/status").read_text().splitlines()
            peak = [row.split()[1] for row in status if row.startswith("VmHWM")]
            answer["bytes"] = int(peak[0]) * 1024
        print(json.dumps(answer), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()

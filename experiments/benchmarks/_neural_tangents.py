"""Run by neural-tangents' interpreter, see _rivals.py. Float64, jit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax  # type: ignore[import-not-found]
import jax.numpy as jnp  # type: ignore[import-not-found]
import numpy as np
from _serve import serve  # type: ignore[import-not-found]
from neural_tangents import stax  # type: ignore[import-not-found]

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


def prepare(request: dict[str, Any]) -> Callable[[], Any]:
    """See serve(); the result is the first entries only."""
    arrays = np.load(request["arrays"])
    data = {name: jnp.asarray(arrays[name]) for name in arrays.files}
    work = WORK[request["prepare"]](data, request["depth"])
    jax.block_until_ready(work())
    # On a CPU this makes no copy.
    return lambda: np.atleast_2d(np.asarray(jax.block_until_ready(work())))[:5, :50]


if __name__ == "__main__":
    serve(prepare)

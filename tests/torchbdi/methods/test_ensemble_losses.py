"""What the ensemble's methods minimise, against slow transcriptions in plain loops."""

from __future__ import annotations

import math

import cma
import numpy as np
import pytest
import torch
from hills import Told, mixed
from torch import Tensor

from torchbdi.methods._adaptive import Adaptive, log_exceeds, threshold, weights
from torchbdi.methods._codec import Codec
from torchbdi.methods._ensemble import Ensemble, GaussianHead, bootstrap
from torchbdi.methods._epochs import adam, one_epoch
from torchbdi.methods._process import fitted_process
from torchbdi.methods._surrogate import Surrogate, ensemble_loss, split_and_bootstrap
from torchbdi.methods._vae import VAE
from torchbdi.methods.autofocused_cbas import AutofocusedCbAS, log_ratio
from torchbdi.methods.cma_es import CMAES
from torchbdi.methods.reinforce import Policy, policy_loss


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def softplus(v: float) -> float:
    return math.log1p(math.exp(v))


def normal(y: float, mean: float, std: float) -> float:
    return math.exp(-0.5 * ((y - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def squeezed(head: GaussianHead, e: int, s: float) -> float:
    """log deviation of member e."""
    low, high = float(head.low[e]), float(head.high[e])
    s = high - softplus(high - s)
    return low + softplus(s - low)


@torch.no_grad()
def one(
    net: Ensemble, codec: Codec, e: int, numbers: Tensor, classes: Tensor
) -> tuple[float, float]:
    """Mean and deviation that member e gives one design, its letters embedded and laid in line."""
    body = net.body
    assert body.letters is not None
    line = [float(v) for v in numbers]
    for column, letter in enumerate(classes):
        line += body.letters[e, codec.tokens.rows[column, letter]].tolist()
    units, columns = body.biases[0].shape[2], len(codec.tokens.rows)
    looked = body.looked[e].unflatten(1, (columns, units))
    rows = [
        *body.weights[0][e],
        *(looked[i, c] for c in range(columns) for i in range(len(looked))),
    ]
    out = [float(v) for v in body.biases[1][e, 0]]
    for j in range(units):
        h = float(body.biases[0][e, 0, j]) + sum(
            v * float(r[j]) for v, r in zip(line, rows, strict=True)
        )
        h = h if h > 0 else 0.3 * h
        out = [o + h * float(w) for o, w in zip(out, body.weights[1][e, j], strict=True)]
    return out[0], math.exp(squeezed(net.head, e, out[1]))


def ensemble(members: int = 3) -> tuple[Ensemble, Codec, Tensor, Tensor, Tensor]:
    """An ensemble with biases that are not 0, on the table of all kinds."""
    codec = Codec(mixed().space)
    net = Ensemble(members, codec.tokens, [5], generator=generator(), letter=3)
    for bias in net.body.biases:
        torch.nn.init.normal_(bias, generator=generator(1))
    numbers, classes = codec.split(mixed().x)
    return net, codec, numbers, classes, codec.inputs(numbers, classes)


def test_classes_go_there_and_back() -> None:
    data = mixed()
    codec = Codec(data.space)
    numbers, classes = codec.split(data.x)
    assert torch.allclose(codec.join(numbers, classes), data.x, atol=1e-12)
    assert np.array_equal(classes, data.space.decode(data.x)[:, 2:])
    assert codec.inputs(numbers, classes).shape == (60, codec.tokens.width) == (60, 2 + 3 + 4 + 4)
    assert codec.tokens.rows.tolist() == [[0, 1, 2, -1], [3, 4, 5, 6], [3, 4, 5, 6]]


def test_the_ensemble_and_its_loss() -> None:
    net, codec, numbers, classes, x = ensemble()
    y, rows = mixed().y.float(), torch.arange(7)
    b = bootstrap(3, 60, generator())
    b[1, :7] = 0  # a member of which the batch has no row
    v = torch.rand(60, generator=generator())
    mean, std = net.gaussians(x)
    slow = 0.0
    for e in range(3):
        own = [one(net, codec, e, numbers[i], classes[i]) for i in rows]
        assert torch.allclose(mean[e, :7], torch.tensor([m for m, _ in own]), atol=1e-5)
        assert torch.allclose(std[e, :7], torch.tensor([s for _, s in own]), atol=1e-5)
        nll = [-math.log(normal(float(y[i]), *own[i])) for i in rows]
        if (drawn := float(b[e, :7].sum())) > 0:
            slow += sum(float(v[i] * b[e, i]) * nll[i] for i in rows) / drawn
    loss = ensemble_loss(net, x, y, b, v)(rows, generator())
    assert float(loss.detach()) == pytest.approx(slow, rel=1e-5)
    assert torch.allclose(net.mean(x), mean.mean(0))


def test_members_do_not_know_each_other() -> None:
    """Two members in one ensemble are trained as each is alone."""
    net, _, _, _, x = ensemble(2)
    y, b, rows = mixed().y.float(), bootstrap(2, 60, generator()), torch.arange(60)
    alone = []
    for e in range(2):
        single = Ensemble(1, Codec(mixed().space).tokens, [5], generator=generator(), letter=3)
        single.load_state_dict({k: p[e : e + 1] for k, p in net.state_dict().items()})
        loss = ensemble_loss(single, x, y, b[e : e + 1])
        one_epoch(single, loss, rows, 25, adam(single, 1e-2), generator(2))
        alone.append(single(x)[0])
    one_epoch(net, ensemble_loss(net, x, y, b), rows, 25, adam(net, 1e-2), generator(2))
    assert torch.allclose(net(x)[0], torch.cat(alone), atol=1e-5)


def test_bootstraps_and_rows_left_out() -> None:
    rows, b = split_and_bootstrap(Surrogate(val=7), 100, 3)
    assert len(rows) == 93 == len(rows.unique())
    assert b.shape == (5, 100) and (b.sum(1) == 93).all() and (b[:, rows].sum(1) == 93).all()
    assert (b == b.round()).all() and not torch.equal(b[0], b[1])
    assert len(split_and_bootstrap(Surrogate(), 100, 3)[0]) == 90
    assert not torch.equal(split_and_bootstrap(Surrogate(val=7), 100, 3, 1)[1], b)


@pytest.mark.parametrize("soft", [False, True])
def test_the_autoencoder(soft: bool) -> None:
    """Its loss; with ``soft``, the published defect, the code's deviation is softplus(s)."""
    codec = Codec(mixed().space)
    vae = VAE(codec.tokens, 5, 2, generator(), soft)
    numbers, classes = codec.split(mixed().x[:4])
    x, noise = codec.inputs(numbers, classes), torch.randn(4, 2, generator=generator())
    outputs = vae.encoder(x)[0]
    found = vae.loss(x, noise, 0.7)
    for i in range(4):
        mu = [float(v) for v in outputs[i, :2]]
        s = [squeezed(vae.code_head, 0, float(v)) for v in outputs[i, 2:]]
        std = [softplus(v) if soft else math.exp(v) for v in s]
        kl = sum(0.5 * (m**2 + d**2 - 1) - math.log(d) for m, d in zip(mu, std, strict=True))
        z = torch.tensor([m + d * float(e) for m, d, e in zip(mu, std, noise[i], strict=True)])
        out = [float(v) for v in vae.decoder(z[None])[0, 0]]
        nll = 0.0
        for j in range(2):
            own = math.exp(squeezed(vae.number_head, 0, out[2 + j]))
            nll -= math.log(normal(float(numbers[i, j]), out[j], own))
        at = 4
        for j, size in enumerate((3, 4, 4)):
            logits = out[at : at + size]
            nll -= logits[classes[i, j]] - math.log(sum(math.exp(v) for v in logits))
            at += size
        assert float(found[i]) == pytest.approx(nll + 0.7 * kl, rel=1e-5)


def test_the_autoencoder_draws_what_it_gives_probabilities_to() -> None:
    codec = Codec(mixed().space)
    vae = VAE(codec.tokens, 5, 2, generator(), False)
    z = torch.randn(1, 2, generator=generator()).expand(20_000, 2)
    numbers, classes = vae.sample(z, generator(1))
    mean, log_std, log_p = vae.decode(z[:1])
    assert torch.allclose(numbers.mean(0), mean[0], atol=0.01)
    assert torch.allclose(numbers.std(0), log_std[0].exp(), atol=0.01)
    for column in range(3):
        share = torch.bincount(classes[:, column], minlength=4) / 20_000
        assert torch.allclose(share, log_p[0, column].exp(), atol=0.02)


def bent(vae: VAE, x: Tensor, seed: int) -> VAE:
    """The autoencoder after some training on designs."""
    optimizer = adam(vae, 1e-2)

    def loss(rows: Tensor, g: torch.Generator) -> Tensor:
        return vae.loss(x[rows], torch.randn(len(rows), 1, generator=g)).mean()

    for i in range(40):
        one_epoch(vae, loss, torch.arange(len(x)), 20, optimizer, generator(seed + i))
    return vae


def density(vae: VAE, x: Tensor) -> Tensor:
    """log p(x) with one number as code: an integral over it."""
    grid = torch.linspace(-6, 6, 241)
    with torch.no_grad():
        there = torch.stack([vae.log_prob(x, z.expand(len(x), 1)) for z in grid])
    prior = -0.5 * grid.square() - 0.5 * math.log(2 * math.pi) + math.log(0.05)
    return (there + prior.unsqueeze(1)).logsumexp(0)


def test_autofocusing_weighs_by_densities_and_as_published_by_none() -> None:
    codec = Codec(mixed().space)
    x, y = codec.inputs_of(mixed().x), mixed().y.float()
    p = bent(VAE(codec.tokens, 8, 1, generator(), False), x, 0)
    net = Ensemble(1, codec.tokens, [2], generator=generator())
    at = Adaptive(Told(), x, y, net, adam(net, 1e-3), p, 1e-3, True)
    bent(at.q, x[y > 0.3], 100)
    assert (p.log_evidence(x, 60, generator(3)) - density(p, x)).abs().mean() < 0.2
    exact = density(at.q, x) - density(p, x)
    related = {}
    for as_published in (True, False):
        own = AutofocusedCbAS(latent=1, focus_draws=60, as_published=as_published)
        found = log_ratio(own, at, generator(7))
        related[as_published] = float(torch.corrcoef(torch.stack([found, exact]))[0, 1])
        off = (found - exact).abs().mean()
        assert (off < 0.3) == (not as_published)
    assert related[False] > 0.95 and related[True] < 0.8


def test_gamma_and_the_weights_of_draws() -> None:
    predicted = torch.tensor([3.0, 1.0, 2.0, 5.0, 4.0, 0.0])
    assert threshold(predicted, 80.0, -math.inf, False) == 4.0  # the 0.8 * 5th of six, from 0
    assert threshold(predicted, 80.0, 4.5, False) == 4.5
    assert threshold(predicted, 80.0, 4.5, True) == 4.0
    mean, std = (
        torch.randn(3, 4, generator=generator()),
        torch.rand(3, 4, generator=generator()) + 0.1,
    )
    for i, found in enumerate(log_exceeds(mean, std, 0.3).exp()):
        parts = [
            0.5 * math.erfc((0.3 - float(mean[e, i])) / (float(std[e, i]) * math.sqrt(2)))
            for e in range(3)
        ]
        assert float(found) == pytest.approx(sum(parts) / 3, rel=1e-4)
    assert log_exceeds(torch.zeros(2, 1), torch.ones(2, 1), 50.0).isfinite().all()
    log_w = torch.tensor([0.0, 1.0, -2.0, 0.5])
    assert torch.allclose(weights(log_w, True), log_w.exp())
    assert weights(log_w, False).mean() == pytest.approx(1.0, abs=0.5)
    assert torch.allclose(weights(log_w, False), 4 * log_w.exp() / log_w.exp().sum(), atol=0.3)
    many = torch.tensor([1000.0, 0.0, -1000.0, 0.0])
    assert weights(many, True).isinf().any() and not weights(-many.abs() - 200, True).any()
    assert weights(many, False).tolist() == [2.0, 0.0, 0.0, 0.0]
    assert weights(-many.abs() - 200, False).sum() > 0


def test_reinforce_and_the_axis_too_many() -> None:
    codec = Codec(mixed().space)
    numbers, classes = codec.split(mixed().x[:20])
    policy = Policy(numbers, classes, codec.sizes, 0.1)
    assert policy.logits[0].softmax(0)[:3].tolist() == pytest.approx(
        [float((classes[:, 0] == k).double().mean()) for k in range(3)]
    )
    drawn = policy.sample(30, generator())
    assert not (policy.logits.isinf().gather(1, drawn[1].T)).any()
    value = torch.randn(30, generator=generator())
    gaussian, categorical = policy.log_prob(*drawn)
    mean, std = float(value.mean()), float(value.std(correction=0))
    advantage = [(float(v) - mean) / std for v in value]
    slow = 0.0
    for i in range(30):
        log = sum(
            -0.5 * ((float(drawn[0][i, j]) - float(policy.mean[j])) / 0.1) ** 2 for j in range(2)
        )
        for j in range(3):
            p = policy.logits[j].softmax(0)[drawn[1][i, j]]
            log += math.log(float(p))
        slow -= advantage[i] * log / 30
    assert float(policy_loss(gaussian, categorical, value, False)) == pytest.approx(slow, rel=1e-4)
    none = torch.zeros(30, 0)
    (learnt,) = torch.autograd.grad(
        policy_loss(none, categorical, value, False), policy.logits, retain_graph=True
    )
    published = policy_loss(none, categorical, value, True)
    literal = -(categorical[None] * torch.tensor(advantage)[:, None, None]).mean()
    assert float(published) == pytest.approx(float(literal), abs=1e-6)
    (lost,) = torch.autograd.grad(published, policy.logits)
    assert learnt.abs().max() > 0.05 and lost.abs().max() < 1e-6


def test_strategies_side_by_side_are_those_one_by_one() -> None:
    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.sin(3 * x).sum(1) - (x**2).sum(1))

    own, starts = CMAES(generations=15), np.random.default_rng(0).normal(size=(4, 3))
    made = [cma.CMAEvolutionStrategy(x, 0.5, own._options(7, i)) for i, x in enumerate(starts)]
    run = Told()
    found = own._evolve(made, predict, run, 100)
    slow = []
    for i, x in enumerate(starts):
        es = cma.CMAEvolutionStrategy(x, 0.5, own._options(7, i))
        assert es.popsize == 4 + int(3 * math.log(3))
        while not es.stop():
            asked = es.ask()
            es.tell(asked, [-float(predict(point[None])[0]) for point in asked])
        slow.append(es.result.xbest)
    assert np.allclose(found.numpy(), np.stack(slow), atol=1e-9)
    assert list(run.told) == list(range(101, 116))
    assert own._block(24) > 128 and own._block(5126) == 1
    assert CMAES(separable=True)._block(5126) > 128


def test_the_process_is_the_published_one() -> None:
    x = torch.randn(12, 2, generator=generator(), dtype=torch.float64)
    y = x.sin().sum(1)
    model = fitted_process(x, y, 0.1, None)
    kernel = model.covar_module
    scale, lengths = float(kernel.outputscale), kernel.base_kernel.lengthscale[0].tolist()
    k = kernel(x).to_dense()
    for i in range(3):
        for j in range(3):
            r = math.sqrt(5 * sum(((float(x[i, d] - x[j, d])) / lengths[d]) ** 2 for d in range(2)))
            assert float(k[i, j]) == pytest.approx(scale * (1 + r + r**2 / 3) * math.exp(-r))
    mean = float(model.mean_module.constant)
    weight = torch.linalg.solve(k + 0.01 * torch.eye(12, dtype=torch.float64), y - mean)
    at = torch.zeros(1, 2, dtype=torch.float64)
    expected = mean + float(kernel(at, x).to_dense() @ weight)
    assert float(model.posterior(at).mean) == pytest.approx(expected, abs=1e-6)

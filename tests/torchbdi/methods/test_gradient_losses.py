"""The losses of the gradient methods against slow transcriptions, number by number."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from torchbdi.data import OfflineData
from torchbdi.methods import _bins as bins_file
from torchbdi.methods import _lists as lists_file
from torchbdi.methods import _moved as moved
from torchbdi.methods import coms as coms_file
from torchbdi.methods import min as min_file
from torchbdi.methods import nemo as nemo_file
from torchbdi.methods._ascending import Units
from torchbdi.methods._codec import Codec
from torchbdi.methods._conditional import Conditional
from torchbdi.methods._ensemble import Ensemble, Members
from torchbdi.methods._mlp import Dense, relu_slope, slope
from torchbdi.methods._relaxed import Relaxed
from torchbdi.methods._rows import train_rows
from torchbdi.methods._stages import Stages
from torchbdi.methods.base import Run
from torchbdi.methods.grad import cosine, pearson
from torchbdi.methods.roma import RoMA
from torchbdi.network import seeded
from torchbdi.space import Choice, Number, Space


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def numbers() -> OfflineData:
    raw = np.random.default_rng(1).normal(size=(30, 3))
    return OfflineData.from_raw(raw, raw[:, 0] - raw[:, 1] ** 2, Space.numbers(3))


def dense(*sizes: int) -> Dense:
    return Dense(sizes, "torch", "relu", seeded(5))


def test_list_losses_are_those_of_loops() -> None:
    f, y = normal(4, 6).double(), normal(4, 6, seed=1).double()
    cross, cosines = [], []
    for a, b in zip(f.tolist(), y.tolist(), strict=True):
        of_f = [math.exp(v) / sum(map(math.exp, a)) for v in a]
        of_y = [math.exp(v) / sum(map(math.exp, b)) for v in b]
        cross.append(-sum(q * math.log(p + 1e-10) for p, q in zip(of_f, of_y, strict=True)))
        cosines.append(1 - float(np.corrcoef(a, b)[0, 1]))
    assert float(lists_file.list_net(f, y)) == pytest.approx(np.mean(cross), rel=1e-12)
    assert float(lists_file.rank_cosine(f, y)) == pytest.approx(np.mean(cosines), rel=1e-12)


@pytest.mark.parametrize("entries", [1 << 20, 40])
@pytest.mark.parametrize("loss", [lists_file.list_net, lists_file.rank_cosine])
def test_rows_scored_once_give_the_gradients_of_lists_scored_apart(
    loss: lists_file.ListLoss, entries: int
) -> None:
    x, y = normal(30, 3), normal(30, seed=1)
    lists = lists_file.draw_lists(torch.arange(5, 30), 7, 10, seeded(0))
    assert lists.min() >= 5 and all(len(set(one.tolist())) == 10 for one in lists)
    fast, slow = dense(3, 8, 8, 1), dense(3, 8, 8, 1)
    found = lists_file.add_gradients(fast, x, y, lists, loss, entries)
    total = torch.zeros(())
    for one in lists:
        total = total + loss(slow(x[one.long()])[None], y[one.long()][None]) / len(lists)
    total.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(found, total.detach())
    for a, b in zip(fast.parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6)


def test_the_slope_by_hand_is_that_of_autograd() -> None:
    for sizes in ((3, 1), (3, 8, 1), (3, 8, 5, 1)):
        net, x = dense(*sizes), normal(9, 3)
        torch.testing.assert_close(relu_slope(net, x), slope(net, x))
        assert net(x).shape == (9,)
        torch.testing.assert_close(net.scores(x.double()), net(x).detach())


def test_a_network_of_keras_begins_with_glorots_weights_and_no_biases() -> None:
    net = Dense((300, 200, 1), "keras", "leaky", seeded(0))
    assert float(net.weights[0].detach().abs().max()) == pytest.approx((6 / 500) ** 0.5, rel=1e-3)
    assert not net.biases[0].any()
    by_torch = Dense((300, 200, 1), "torch", "leaky", seeded(0))
    for part in (by_torch.weights[0], by_torch.biases[0]):
        assert float(part.detach().abs().max()) == pytest.approx(300**-0.5, rel=2e-2)
    x = normal(2, 300)
    z = x @ net.weights[0]
    expected = (torch.where(z > 0, z, 0.3 * z) @ net.weights[1])[:, 0]
    torch.testing.assert_close(net(x), expected)


def test_coms_training_is_that_of_a_slow_transcription(numbers: OfflineData) -> None:
    """Autograd for every step of every row, and Adam by its formula, for two epochs."""
    own = coms_file.COMs(width=6, net_epochs=2, net_batch=12, inner_steps=3, tau=0.01, lr=0.2)
    own = own.begin(numbers, 1, None)[0]
    _, trained, weight = own._trained(numbers, Run(seed=4), Stages(own, numbers, Run(seed=4)))

    net = Dense((3, 6, 6, 1), "keras", "relu", seeded(4, 0)).double()
    parameters = list(net.parameters())
    log_weight = torch.tensor(math.log(0.1), dtype=torch.float64, requires_grad=True)
    memory: dict[int, list[Any]] = {}

    def step(p: Tensor, gradient: Tensor, lr: float) -> None:
        m, v, t = memory.get(id(p), [0.0, 0.0, 0])
        m, v, t = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2, t + 1
        memory[id(p)] = [m, v, t]
        with torch.no_grad():
            p -= lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-7)

    rows, _ = train_rows(30, 3, 4, 1)
    for epoch in (1, 2):
        order = torch.randperm(27, generator=seeded(4, 2, epoch))
        for some in rows[order].split(12):
            total, gap = torch.zeros((), dtype=torch.float64), 0.0
            for row in some:
                x, y = numbers.x[row].float().double(), numbers.y[row].float().double()
                at = x.clone()
                for _ in range(3):
                    at.requires_grad_()
                    (g,) = torch.autograd.grad(net(at[None])[0], at)
                    at = (at + 0.2 * math.sqrt(3) * g).detach()
                over = net(at[None])[0] - net(x[None])[0]
                total = total + (net(x[None])[0] - y) ** 2 + log_weight.detach().exp() * over
                gap += float(over.detach())
            gradients = torch.autograd.grad(total / len(some), parameters)
            weight_gradient = log_weight.detach().exp() * (0.01 - gap / len(some))
            for p, g in zip(parameters, gradients, strict=True):
                step(p, g, 3e-4)
            step(log_weight, weight_gradient, 0.01)
    for a, b in zip(trained.parameters(), parameters, strict=True):
        torch.testing.assert_close(a.double(), b.detach(), rtol=1e-3, atol=2e-5)
    assert weight == pytest.approx(float(log_weight.detach().exp()), rel=1e-5)


def test_logits_go_to_a_network_as_they_are_where_that_is_asked_for() -> None:
    raw = np.stack([np.arange(9) % 3, np.linspace(0, 1, 9)], 1)
    space = Space((Choice("a", ("x", "y", "z")), Number("b")))
    data = OfflineData.from_raw(raw, raw[:, 1] ** 2, space)
    units = Units(data, True, torch.device("cpu"))
    high = math.log((0.6 + 0.4 / 3) / (0.4 / 3))
    at = units.of(data.x)
    torch.testing.assert_close(
        at[:3, :2], torch.tensor([[-high, -high], [high, 0], [0, high]]), rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(at[:, 2], data.x[:, 2].float())
    torch.testing.assert_close(units.back(at), data.x, rtol=1e-5, atol=1e-5)
    assert coms_file.COMs().settings_for(data)["tau"] == 2.0


def test_bins_have_the_probabilities_of_differences_of_sigmoids() -> None:
    y = torch.tensor([0.0, 1.0, 4.0])
    bins = bins_file.Bins(y, 6, 0.5, 0.7)
    assert bins.edges.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert bins.centres.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert bins.of(torch.tensor([0.0, 0.99, 1.5, 5.5])).tolist() == [0, 0, 1, 5]
    for mu in (-20.0, 0.3, 2.5, 30.0):
        above = [1.0, *(1 / (1 + math.exp(min(700, (e - mu) / 0.7))) for e in range(1, 6)), 0.0]
        expected = torch.tensor([a - b for a, b in itertools.pairwise(above)])
        found = bins.log_p(torch.tensor(mu), torch.arange(6)).exp()
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
        assert float(found.sum()) == pytest.approx(1, abs=1e-5)


def test_nemos_losses_are_those_of_loops() -> None:
    bins = bins_file.Bins(normal(50), 4, 0.5, 1.0)
    softplus = torch.nn.functional.softplus
    copies = Members(4, 3, [5], 1, generator=seeded(1), activation=softplus)
    x, here, label = normal(7, 3), normal(2, 3, seed=1), torch.tensor([0, 1, 2, 3, 1, 1, 0])

    def log_p(k: int, row: Tensor, bin_: int) -> Tensor:
        hidden = softplus(row @ copies.weights[0][k] + copies.biases[0][k, 0])
        mu = (hidden @ copies.weights[1][k] + copies.biases[1][k, 0])[0]
        return bins.log_p(mu, torch.tensor(bin_))

    loss = torch.zeros(())
    for k in range(4):
        rows = sum(log_p(k, row, int(b)) for row, b in zip(x, label, strict=True))
        own = sum(log_p(k, row, k) for row in here) / 2
        loss = loss - (rows + own) / 8
    torch.testing.assert_close(bins_file.nml_loss(copies, bins, x, label, here), loss)
    found = bins_file.expected(copies, bins, here)
    for value, row in zip(found, here, strict=True):
        p = torch.stack([log_p(k, row, k).exp() for k in range(4)])
        torch.testing.assert_close(value, (p / p.sum() * bins.centres).sum())


def test_nemos_copies_are_the_network_and_its_adam() -> None:
    from torchbdi.methods._epochs import adam

    one, x = Members(1, 3, [5], 1, generator=seeded(1)), normal(7, 3)
    copies = Members(4, 3, [5], 1, generator=seeded(2))
    optimizer, copied = adam(one, 1e-2), adam(copies, 1e-2)
    one(x).square().sum().backward()
    optimizer.step()
    nemo_file.copy_of(one, optimizer, copies, copied)
    for net, steps in ((one, optimizer), (copies, copied)):
        steps.zero_grad()
        net(x).square().sum().backward()
        steps.step()
    torch.testing.assert_close(copies(x), one(x).expand(4, -1, -1))


def test_a_conditional_network_is_one_whose_inputs_are_joined() -> None:
    net, x, y = Conditional(5, 4, 3, seeded(0)), normal(6, 5), normal(6, 1, seed=1)
    with torch.no_grad():
        for p in net.parameters():
            p += 0.1 * torch.randn(p.shape, generator=seeded(1))
    embedding, h = y @ net.slope + net.shift, x
    for i in range(4):
        h = torch.cat([h, embedding], 1) @ net.weights[i] + net.biases[i]
        if i < 3:
            mean, var = h.mean(1, keepdim=True), h.var(1, keepdim=True, correction=0)
            h = (h - mean) / (var + 1e-3).sqrt() * net.gains[i] + net.offsets[i]
            h = torch.where(h > 0, h, 0.2 * h)
    torch.testing.assert_close(net(x, y), h)


def test_the_critics_losses_are_those_of_loops() -> None:
    critic = Conditional(3, 4, 1, seeded(0))
    real, fake, y, mix = normal(5, 3), normal(5, 3, seed=1), normal(5, 1, seed=2), torch.rand(5, 1)
    gap, steepness = min_file.critic_losses(critic, real, fake, y, mix)
    for i in range(5):
        one = y[i : i + 1]
        expected = critic(fake[i : i + 1], one) - critic(real[i : i + 1], one)
        torch.testing.assert_close(gap[i], expected[0, 0])
        between = (mix[i] * real[i] + (1 - mix[i]) * fake[i]).requires_grad_()
        (g,) = torch.autograd.grad(critic(between[None], one).sum(), between)
        torch.testing.assert_close(steepness[i].detach(), (1 - g.norm()) ** 2)
    gradients = torch.autograd.grad(steepness.sum(), list(critic.weights))  # through the gradient
    assert all(bool(g.abs().sum() > 0) for g in gradients)


def test_weights_of_scores_are_those_of_numpy() -> None:
    y = np.random.default_rng(0).normal(size=500)
    y = (y - y.mean()) / y.std()
    there, edges = np.histogram(y, bins=20)
    share = there / there.sum()
    wanted = np.exp((edges[1:] - edges.max()) / 0.3)
    wanted = wanted / wanted.sum() * share / (share + 1e-3)
    wanted = wanted / (wanted.sum() + 1e-7)
    place = np.minimum(np.digitize(y, edges[1:]), 19)
    expected = np.clip(wanted[place] / (share[place] + 1e-7), 0, 5)
    found = min_file.score_weights(torch.from_numpy(y), 0.3)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_relaxed_designs_go_there_and_back() -> None:
    columns = (Choice("a", ("x", "y", "z")), Number("b"), Choice("c", ("u", "v")))
    raw = np.stack([np.arange(12) % 3, np.linspace(0, 1, 12), np.arange(12) % 2], 1)
    data = OfflineData.from_raw(raw, raw[:, 1] ** 2 + raw[:, 0], Space(columns))
    relaxed = Relaxed(Codec(data.space))
    assert relaxed.width == 6
    numbers, classes = relaxed.codec.split(data.x)
    cold = relaxed.of_table(numbers.float(), classes, 1e-3, seeded(0))
    warm = relaxed.of_table(numbers.float(), classes, 5.0, seeded(0))
    for made in (cold, warm):  # numbers, then two classes, then three
        torch.testing.assert_close(made[:, 1:3].sum(1), torch.ones(12))
        torch.testing.assert_close(made[:, 3:].sum(1), torch.ones(12))
    assert float(warm[:, 1:].max()) < 0.999 < float(cold[:, 1:].max())
    torch.testing.assert_close(relaxed.features(cold), data.x, rtol=1e-5, atol=1e-5)
    many = relaxed.of_table(torch.zeros(20_000, 1), torch.zeros(20_000, 2).long(), 1e-3, seeded(1))
    share = (many[:, 3:] > 0.5).float().mean(0)  # 0.99 + 0.01/3 of the mass stays
    torch.testing.assert_close(share[0], torch.tensor(0.99333), rtol=0, atol=3e-3)
    logits = torch.tensor([[0.0, 0.0, 0.0, 1.0, 0.0, -1.0]]).expand(20_000, -1)
    share = (relaxed.of_outputs(logits, 1e-3, seeded(2))[:, 3:] > 0.5).float().mean(0)
    torch.testing.assert_close(share, torch.tensor([1.0, 0.0, -1.0]).softmax(0), rtol=0, atol=0.02)


def test_romas_moves_are_those_of_loops() -> None:
    softplus = torch.nn.functional.softplus
    x, y = normal(6, 3), normal(6, seed=1)
    for together in (False, True):
        net = Ensemble(1, 3, [5, 4], generator=seeded(0), activation=softplus)
        with torch.no_grad():
            for p in net.parameters():
                p += 0.1
        layers = list(zip(net.body.weights, net.body.biases, strict=True))
        loss = moved.mean_nll(net, x, y)
        expected = []
        for layer in layers:
            gradients = torch.autograd.grad(loss, layer, retain_graph=True)
            for p, g in zip(layer, gradients, strict=True):
                have, want = p.norm(), g.norm()
                if together:
                    have = sum(q.square().sum() for q in layer) ** 0.5
                    want = sum(q.square().sum() for q in gradients) ** 0.5
                expected.append((p + 0.01 * have / want * g).detach())
        head = [p.detach().clone() for p in net.head.parameters()]
        by_hand = moved.nll_gradients(net, x, y)
        for a, b in zip(by_hand, torch.autograd.grad(loss, moved.layers(net)), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
        moved.move(net, by_hand, 0.01, together)
        for p, e in zip([p for layer in layers for p in layer], expected, strict=True):
            torch.testing.assert_close(p.detach(), e)
        for p, e in zip(net.head.parameters(), head, strict=True):
            assert torch.equal(p, e)


def test_romas_adaptation_goes_down_on_slope_and_memory() -> None:
    softplus = torch.nn.functional.softplus
    net = Ensemble(1, 3, [5, 4], generator=seeded(0), activation=softplus)
    x, before = normal(6, 3).requires_grad_(), normal(6, seed=1)
    loss, slope_ = moved.adaptation_loss(net, x, before, 0.5)
    slopes, nlls = [], []
    for row, target in zip(x.detach(), before, strict=True):
        row = row.requires_grad_()
        mean, log_std = (part[0, 0] for part in net(row[None]))
        (g,) = torch.autograd.grad(mean, row, retain_graph=True)
        slopes.append(g.norm())
        nlls.append(-torch.distributions.Normal(mean, log_std.exp()).log_prob(target))
    torch.testing.assert_close(slope_, torch.stack(slopes).mean())
    torch.testing.assert_close(loss, slope_ + 0.5 * torch.stack(nlls).mean())
    own = RoMA(adaptations=20, radius=0.05)
    own.adapt(net, x, before)
    assert float(moved.adaptation_loss(net, x, before, 1.0)[0].detach()) < float(
        torch.stack(slopes).mean() + torch.stack(nlls).mean()
    )


def test_pearson_and_the_cosine_of_rates() -> None:
    a, b = normal(20), normal(20, seed=1)
    expected = float(np.corrcoef(a.numpy(), b.numpy())[0, 1])
    assert pearson(a, b) == pytest.approx(expected, rel=1e-6)
    assert pearson(a, torch.ones(20)) == 0.0
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 7)
    for epoch in range(1, 8):
        assert cosine(2.0, epoch, 7) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6)
        optimizer.step()
        schedule.step()

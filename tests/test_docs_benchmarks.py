"""What the documents print of benchmarks and of trained networks stands in files of the project."""

from __future__ import annotations

import json
import re
import statistics
from typing import Any

from docs_tables import RESULTS, ROOT, table, text_of


def benchmark(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / "benchmarks" / f"{name}.json").read_text())
    return found


def test_ratios_to_neural_tangents() -> None:
    ratio = "times_faster_than_neural-tangents"

    def faster(subject: str, way: str, **size: int) -> float:
        found = [r for r in benchmark(subject)["rows"] if r["way"] == way and r[ratio]]
        (row,) = [r for r in found if size.items() <= r.items()]
        return float(row[ratio])

    right = {}
    columns = {"plain torch": "plain torch", "compiled": "with numba (torchbdi[fast])"}
    for way, column in columns.items():
        gram = {"n1": 2000, "n2": 8000, "depth": 6}
        right[column] = [
            f"{faster('gram', way, **gram):.1f} times faster",
            f"{faster('gram', f'{way}, fresh', **gram):.1f}",
            f"{faster('bdi-step', way, rows=32898):.1f}",
            f"{faster('products', way, n1=2000, n2=8000):.1f}",
            f"{benchmark('gram')['depth_12_over_6'][way]:.2f}",
        ]
    shown = table("README.md", "against neural-tangents")
    assert {column: [row[column] for row in shown] for column in right} == right


def test_small_solves_on_the_h100() -> None:
    measured = benchmark("h100/small-cholesky")["rows"]
    known = {
        (r["columns"], r["m"], r["what"]): r
        for r in measured
        if (r["b"], r["dtype"]) == (65536, "float64")
    }
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^\| ([18]) \| (\d+) \| (.*) \|$", text.split("### On a GPU")[1], re.MULTILINE
    )
    assert len(shown) == 14
    for columns, m, cells in shown:
        one, two = (known[int(columns), int(m), what] for what in ("forward", "with gradient"))
        rivals = ("device_times_cholesky_ex", "device_times_linalg_solve")
        right = [one["device_ours_us"], one["limit_us"], *(one[r] for r in rivals)]
        right += [two["device_ours_us"], *(two[r] for r in rivals)]
        for cell, value in zip(cells.split(" | "), right, strict=True):
            digits = len(cell.partition(".")[2])
            assert cell.replace(",", "") == f"{value:.{digits}f}", (columns, m)
    largest = []
    for card in ("h100", "h200"):
        rows = benchmark(f"{card}/small-cholesky")["rows"]
        times = sorted(row[rival] for row in rows for rival in rivals)
        assert len(rows) == 168
        assert times[0] < 1 and f"{times[1]:.1f}" == "1.3"  # all but one row
        largest.append(times[-1])
    assert f"1.3 to {round(largest[0], -1):.0f} times; on the H200 1.3 to {largest[1]:.0f})" in text
    (again,) = benchmark("h100/small-cholesky-again")["rows"]
    assert f"alone it is {again['device_times_linalg_solve']:.1f} times ahead" in text


def seconds(value: float | None, name: str) -> str:
    if value is None:
        return "does not fit"
    return f"{1000 * value:.1f} ms" if "Gram" in name else f"{value:.1f} s"


def test_whole_runs_on_both_cards() -> None:
    """All timings that there are of a row, not the best of them."""
    names = {
        "Gram, 32,768": "Gram, D = 24", "TF Bind 8, packed": "TF Bind 8, cholesky",
        "TF Bind 8, conjugate": "TF Bind 8, pcg", "TF Bind 8, a run": "TF Bind 8 run",
        "UTR, 140,000": "UTR, pcg", "UTR, packed": "UTR, cholesky",
    }  # fmt: skip
    files = (
        "h100/gpu",
        "h100/gpu-before-last-change",
        "h100/gpu-again",
        "h200/gpu",
        "h200/gpu-again",
    )
    timed = {f: {row["what"]: row["seconds"] for row in benchmark(f)["rows"]} for f in files}
    counted = 0
    for row in table("README.md", "what", "H100", "H200"):
        for begin, name in names.items():
            if not row["what"].startswith(begin):
                continue
            own, *others = (seconds(timed[f][name], name) for f in timed if f.startswith("h100"))
            if own != "does not fit":
                own += f" ({others[0].split()[0]} and {others[1]} other times)"
            assert row["H100"].startswith(own), row
            own, other = (seconds(timed[f][name], name) for f in timed if f.startswith("h200"))
            assert row["H200"].startswith(f"{own} ({other} beside twelve runs)"), row
            counted += 1
    assert counted == len(names)


def test_large_solves() -> None:
    rows = [r for r in benchmark("large-solve")["rows"] if r["n"] == 32898]
    ways = {"auto": "auto", "the same": "conjugate gradients", "packed": "packed Cholesky"}
    ways["Gram"] = "Gram + torch.linalg.cholesky"
    shown = table("README.md", "TF Bind 8, 32,898 rows", "residual")
    assert len(shown) == 4
    for row in shown:
        name = row["TF Bind 8, 32,898 rows"]
        (found,) = (
            r for r in rows if r["way"] == ways[next(w for w in ways if name.startswith(w))]
        )
        assert row["residual"] == f"{found['residual']:.1e}".replace("e-0", "e-")
        assert row["peak of the process"] == f"{found['peak_gb']:.1f} GB"
        assert float(row["from packed Cholesky"]) == float(f"{found['from_packed_cholesky']:.1e}")
        if "iterations" in name:
            assert f"{found['iterations']} iterations" in name
    assert f"{benchmark('large-solve')['speedup']['32898']:.1f} times less" in text_of("README.md")


def test_proposals_from_tables_of_our_own() -> None:
    """Every way that a benchmark compares is told, and what a difference is worth."""
    text = text_of("docs/propose.md")
    designed, repeated = benchmark("designed"), benchmark("repeated")
    (of,) = designed["rows"]
    assert f"On {len(designed['tables'])} such tables" in text
    assert f"is {of['best']:.3f} with this rule and {of['best by errors']:.3f} without" in text
    assert f"the median {of['median']:.3f} and {of['median by errors']:.3f}" in text
    estimate, limit, none = (repeated["rows"][i] for i in range(3))
    assert [estimate["way"], limit["way"], none["way"]] == ["estimate", "limit", "none"]
    assert f"On {len(repeated['tables'])} noisy tables" in text
    assert f"is {limit['best']:.3f} with this bound and {estimate['best']:.3f}" in text
    assert f"Without any bound they are {none['best']:.3f} and {none['median']:.3f}" in text
    told = []
    for what in ("best", "median"):
        gain = [t[f"{what}, none"] - t[f"{what}, limit"] for t in repeated["tables"]]
        error = statistics.stdev(gain) / len(gain) ** 0.5
        told.append(f"{statistics.mean(gain):.3f} +- {error:.3f}")
    assert f"the error of the difference ({' and '.join(told)})" in text
    around = {(row["noise"], row["way"]): row for row in benchmark("around")["rows"]}
    before, share = around["all", "before"], around["all", "share"]
    assert (
        f"the median of 32 is {share['median']:.3f} and without all this {before['median']:.3f} "
        f"({share['median higher']} higher, {share['median lower']} lower), the best "
        f"{share['best']:.3f} and {before['best']:.3f} (no more than its error: "
        f"{share['best gained']:.3f} +- {share['best error']:.3f})"
    ) in text
    quiet = around[0.0, "share"], around[0.0, "before"]
    medians, bests = (" for ".join(f"{row[k]:.3f}" for row in quiet) for k in ("median", "best"))
    assert f"without noise the median is {medians}, and the best {bests}" in text
    whole = around["all", "around"]
    assert f"as a whole has {whole['median']:.3f} and {whole['best']:.3f}" in text


def test_smooth_networks() -> None:
    found, text = benchmark("smooth"), text_of("docs/propose.md")
    assert f"On {len(found['tables'])} tables of ours" in text
    by = {(row["tables"], row["way"]): row for row in found["rows"]}
    for tables in ("textbook", "drawn"):
        plain, smooth = by[tables, "ReLUs"], by[tables, "smooth"]
        told = " and ".join(
            f"{smooth[f]:.3f} for {plain[f]:.3f} ({smooth[f'{f} gained']:+.3f} +- "
            f"{smooth[f'{f} error']:.3f})"
            for f in ("best", "median")
        )
        off = f"{smooth['off']:.2f} for {plain['off']:.2f}"
        fewer = f"{smooth['off lower']} smaller, {smooth['off higher']} larger"
        assert f"off by {off} ({fewer}), the best and the median of 32 are {told}" in text


def test_kernels_on_targets_of_our_own() -> None:
    found = benchmark("random-targets")
    medians: dict[str, list[float]] = {}
    for row in found["targets"]:
        medians.setdefault(row["way"], []).append(row["median"])
    shown = table("docs/solved.md", "model", "median", "best")
    means = {(f"{row['median']:.2f}", f"{row['best']:.2f}") for row in found["rows"]}
    assert {(row["median"], row["best"]) for row in shown} == means and len(shown) == len(medians)
    prediction, loss = medians["chosen, prediction"], medians["chosen, loss"]
    paper, its = medians["the paper's model, loss"], medians["ntk 6, constant 0, ridge 1e-06"]
    both = medians["chosen and the paper's, averaged"]
    told = []
    for one, other in ((prediction, paper), (prediction, its), (loss, paper), (both, prediction)):
        gain = [a - b for a, b in zip(one, other, strict=True)]
        won, lost = sum(g > 1e-9 for g in gain), sum(g < -1e-9 for g in gain)
        error = statistics.stdev(gain) / len(gain) ** 0.5
        told.append((won, lost, f"{statistics.mean(gain):.2f} ± {error:.2f}"))
    assert [t[:2] for t in told] == [(15, 4), (12, 6), (13, 7), (9, 9)]
    text = text_of("docs/solved.md")
    assert f"on fifteen and lower on four (+{told[0][2]}, from -1.01 to +0.49)" in text
    assert f"on twelve and lower on six (+{told[1][2]})" in text
    assert f"on thirteen and lower on seven (+{told[2][2]})" in text
    assert f"on nine and lower on nine (+{told[3][2]})" in text


def test_policies_and_networks() -> None:
    """Of their cards."""
    for robot in ("ant", "dkitty"):
        trial = json.loads((ROOT / f"experiments/robots/policies/{robot}.json").read_text())[
            "trial"
        ]
        (row,) = (r for r in table("docs/tasks.md", "", "policy") if r[""] == robot)
        own = f"{trial['mean']:.1f} ± {trial['standard_error']:.1f}"
        nothing = f"{trial['zero_mean']:.1f} ± {trial['zero_standard_error']:.1f}"
        assert [row["policy"], row["doing nothing"]] == [own, nothing]
        assert row["best random policy"] == f"{trial['best_random']:.1f}"
        ahead = f"{trial['ahead']:.1f} standard errors ({trial['ahead_unpaired']:.1f} unpaired)"
        assert row["ahead of nothing by"] == ahead
        readme = text_of("README.md").replace("+-", "±")
        assert f"is {own}; doing nothing has {nothing}" in readme
    for file in (ROOT / "experiments/oracles/weights").glob("*.json"):
        card = json.loads(file.read_text())
        held, rows = card["held_out"], f"{card['held_out']['rows']:,}"
        assert (
            f"Ours {held['spearman']:.4f} (RMSE {held['rmse']:.3f}) on {rows} rows; published for "
            f"design-bench's own: {card['published']['spearman']:.4f}"
        ) in text_of("docs/tasks.md")
        assert f"{card['training']['cpu_minutes']:.0f} minutes of one core" in text_of(
            "docs/tasks.md"
        )


def test_proposals_beside_rivals() -> None:
    found = benchmark("propose")
    rivals = {
        "random forest": "forest", "boosted trees": "boosting",
        "Gaussian process, its mean": "gp_mean", "qLogEI of that process": "gp_qlogei",
        "32 random new designs": "random", "the best rows again": "repeat_best",
    }  # fmt: skip
    document = (ROOT / "docs/propose.md").read_text(encoding="utf-8")
    tables = [row for row in benchmark("own-tables")["rows"] if row["kind"] == "all"]
    for head, rows in (("rival", found["rows"]), ("rival, own tables", tables)):
        by = {row["rival"]: row for row in rows}
        shown = document.split(f"| {head} | best of 32 | |")[1].split("\n\n")[0]
        for name, rival in rivals.items():
            row = by[rival]
            cells = [row["best"], f"{100 * row['best_share']:.0f} %"]
            cells += [row["median"], f"{100 * row['median_share']:.0f} %"]
            assert f"| {name} | {' | '.join(cells)} |" in shown, name
    runs = {(r["table"], r["seed"], r["method"]): r for r in found["runs"]}
    ahead: dict[str, int] = {}
    for (name, seed, method), own in runs.items():
        if method == "torchbdi":
            gain = runs[name, seed, "gp_mean"]["median"] - own["median"]
            ahead[name] = ahead.get(name, 0) + ((-gain if own["minimise"] else gain) > 0)
    assert {name for name, count in ahead.items() if count == 5} == {"branin", "perovskite"}
    ratio = statistics.median(r["error_ratio"] for r in found["runs"] if "error_ratio" in r)
    text = text_of("docs/propose.md")
    assert all(row["median_share"] >= 0.65 and row["best_share"] >= 0.55 for row in tables)
    kinds = {(row["kind"], row["rival"]): row for row in benchmark("own-tables")["rows"]}
    won, _, lost = kinds["mixture", "gp_mean"]["median"].split("-")
    assert f"(ahead of it in {won} of {int(won) + int(lost)} medians)" in text
    _, ties, lost = kinds["steps", "gp_qlogei"]["best"].split("-")
    assert f"more often on numbers in steps ({lost} of 12, and {ties} ties)" in text
    assert "ahead in all five draws of two tables" in text
    assert f"of the 20 predicted highest, is {ratio:.2f} in the median" in text

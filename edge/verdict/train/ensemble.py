"""
Builds models/ensemble.onnx from shift.py and pca.py in one graph: the geometric mean of their evidence, each held within a range so
that neither can shout the other down. The latch knows single channels and when a fault is over, the plane knows what the channels do
together: a fault that the latch only suspects is told as soon as the plane sees it too, and is over when both say so. An alarm that healed
by itself within 100 rows raises the bar of the next one, for a day.

The plane is of the pumps it was learnt from. Its weight in the mean is what it explains of a device's own first rows: whole from the share by
which it was made, none at what a plane drawn at random explains. Until those rows are seen, and on a machine that moves otherwise, the latch
speaks alone.

  /usr/bin/python3 ensemble.py --data DIR [--out ../models]
"""
import argparse, os
import numpy as np
from onnx import helper, numpy_helper
import pca, shift
from card import CHANNELS, crossed, recordings, save, standardise
from graph import Graph

# The plane is asked for more than where it stands alone: twice the 99 % level.
SETTINGS = {
    "planeWeight": 0.5, "fitRows": 400, "least": 0.05, "most": 4.0, "limit": 0.45, "planeLimit": 2.0,
    "release": 0.44, "nuisanceRows": 100, "nuisance": 1.5, "nuisanceMax": 3.0, "nuisanceSpan": 86400,
}
STATES = [
    *[(f"alarm_{n}", 1) for n in ("lasting", "on", "raised")],
    *[(f"fit_{n}", 1) for n in ("all", "beside", "count")],
    *[(f"pca_{n}", w) for n, w in [("ewma", CHANNELS), ("peak", 1), ("reference", CHANNELS)]],
    *[(f"shift_{n}", w) for n, w in [*[(n, CHANNELS) for n in shift.WIDE], *[(n, 1) for n in shift.NARROW]]],
]
OUTER = {"x", "mask", "mean", "scale", "floor", ""}


def weights(moved, beside, components, s=SETTINGS):
    """Of the plane, by row. `moved`: sum of squares of a row as the plane sees it, `beside`: the part of it beside the plane."""
    n = s["fitRows"]
    explained = 1 - beside[:n].sum() / max(moved[:n].sum(), 1e-12)
    chance = components / CHANNELS
    weight = s["planeWeight"] * np.clip((explained - chance) / (pca.VARIANCE - chance), 0, 1)
    return np.where(np.arange(len(moved)) < n - 1, 0.0, weight)


def combine(shift_score, pca_score, weight, s=SETTINGS):
    """Evidence of both; 1 is where a score is 0.5."""
    evidence = lambda score: np.log(np.clip(score / np.maximum(1 - score, 1e-6), s["least"], s["most"]))
    return np.exp((1 - weight) * evidence(shift_score) + weight * evidence(pca_score))


def tell(both, weight, s=SETTINGS):
    """What the graph makes of the evidence of all rows of a device from its first one: scores. The limit is of equal weights; of the latch alone it is 1."""
    on, lasting, raised, out = False, 0, 0.0, np.empty(len(both))
    for i, ratio in enumerate((both / s["limit"] ** (weight / s["planeWeight"])).tolist()):
        told = ratio if on else ratio / (1 + raised)
        score = out[i] = told / (1 + told)
        raised -= raised / s["nuisanceSpan"]
        # As float32 has it: evidence of exactly 1 is an alarm.
        now = score >= (s["release"] if on else 0.5 - 1e-7)
        lasting = lasting + 1 if on else 0
        if on and not now and lasting < s["nuisanceRows"]:
            raised = min((1 + raised) * s["nuisance"], s["nuisanceMax"]) - 1
        on = now
    return out


def take(g, part, prefix, given):
    """All of a part's nodes and constants, its names behind a prefix; `given` replaces outer inputs."""
    name = lambda n: given.get(n, n) if n in OUTER else f"{prefix}_{n}"
    for c in part.graph.initializer:
        renamed = numpy_helper.from_array(numpy_helper.to_array(c), f"{prefix}_{c.name}")
        g.constants.append(renamed)
    for node in part.graph.node:
        copy = helper.make_node(node.op_type, [name(n) for n in node.input], [name(n) for n in node.output], domain=node.domain)
        copy.attribute.extend(node.attribute)
        g.nodes.append(copy)


def explained(g, beside, components, s):
    """The plane's part of full weight, [B, 1], from the energy of the device's first rows."""
    moved = "pca_ewma_out"
    learning = g.Less("fit_count_in", float(s["fitRows"]))
    energy = lambda x: g.Where(learning, g.sum(g.Mul(x, x)), 0.0)
    whole = g.Add("fit_all_in", energy(moved), out="fit_all_out")
    missed = g.Add("fit_beside_in", energy(g.MatMul(moved, beside.astype(np.float32))), out="fit_beside_out")
    count = g.Min(g.Add("fit_count_in", 1.0), float(s["fitRows"]), out="fit_count_out")
    chance = components / CHANNELS
    share = g.Sub(1.0, g.Div(missed, g.Max(whole, 1e-12)))
    part = g.Clip(g.Div(g.Sub(share, chance), pca.VARIANCE - chance), 0.0, 1.0)
    return g.Where(g.Less(count, float(s["fitRows"])), 0.0, part)


def projector(beside):
    """Onto what is beside the plane: Q's matrix without its limit."""
    return beside / np.linalg.norm(beside, 2)


def build(shift_model, inside, beside, components, s=SETTINGS):
    g = Graph()
    pca_model = pca.build(inside, beside, {**pca.SETTINGS, "limit": s["planeLimit"]})
    # A device's floor is learnt from the plane's level: the latch has its own measure of what is restless.
    ones = g.value(np.ones((1, CHANNELS), dtype=np.float32))
    take(g, shift_model, "shift", {"floor": ones})
    take(g, pca_model, "pca", {})
    part = explained(g, projector(beside), components, s)
    weight = g.Mul(part, s["planeWeight"])
    evidence = {}
    for name in ("shift", "pca"):
        score = g.op("Unsqueeze", f"{name}_score", g.indices([1]))
        evidence[name] = g.Log(g.Clip(g.Div(score, g.Max(g.Sub(1.0, score), 1e-6)), s["least"], s["most"]))
    latch = g.Sub(1.0, weight)
    both = g.Add(g.Mul(evidence["shift"], latch), g.Mul(evidence["pca"], weight))
    ratio = g.Exp(g.Sub(both, g.Mul(part, float(np.log(s["limit"])))))
    alarmed = g.Greater("alarm_on_in", 0.5)
    told = g.Where(alarmed, ratio, g.Div(ratio, g.Add("alarm_raised_in", 1.0)))
    score = g.Div(told, g.Add(told, 1.0))
    on = g.GreaterOrEqual(score, g.Where(alarmed, s["release"], 0.5))
    g.Cast(on, to=1, out="alarm_on_out")
    lasting = g.Min(g.Add("alarm_lasting_in", 1.0), float(s["nuisanceRows"]))
    g.Where(alarmed, lasting, 0.0, out="alarm_lasting_out")
    healed = g.both(alarmed, g.Not(on), g.Less(lasting, float(s["nuisanceRows"])))
    faded = g.Mul("alarm_raised_in", 1 - 1 / s["nuisanceSpan"])
    higher = g.Sub(g.Min(g.Mul(g.Add(faded, 1.0), s["nuisance"]), s["nuisanceMax"]), 1.0)
    g.Where(healed, higher, faded, out="alarm_raised_out")
    g.narrow(score, "score")
    g.Add(g.Mul("shift_share", latch), g.Mul("pca_share", weight), out="share")
    g.op("Identity", "pca_level", out="level")
    return g.model("ensemble", STATES, CHANNELS)


if __name__ == "__main__":
    from fuse import fused

    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    rows = [standardise(x) for _, x in recordings(args.data)]
    save(fused(build(shift.build(), *pca.fit(rows))), args.out, {
        "name": "ensemble",
        "version": 4,
        "title": "geometric mean of the evidence of shift and pca, the plane by what it explains of the device; what heals by itself raises the bar of the next alarm",
        "data": "Skoltech Anomaly Benchmark v0.9, 19 recordings: commissioning rows for the plane, labels for the settings of the latch and the limit; the one without anomalies for the bar",
        "settings": {**SETTINGS, **{f"shift.{k}": v for k, v in shift.SETTINGS.items()}, **{f"pca.{k}": v for k, v in pca.SETTINGS.items()}},
        "metrics": crossed("ensemble"),
    })

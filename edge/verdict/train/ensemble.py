"""
Builds models/ensemble.onnx from shift.py and pca.py in one graph: the geometric mean of their evidence, each held within a range so
that neither can shout the other down. The latch knows single channels and when a fault is over, the plane knows what the channels do
together: a fault that the latch only suspects is told as soon as the plane sees it too, and is over when both say so. An alarm that healed
by itself within 100 rows raises the bar of the next one, for a day.

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
    "shiftWeight": 0.5, "least": 0.05, "most": 4.0, "limit": 0.45, "planeLimit": 2.0,
    "release": 0.44, "nuisanceRows": 100, "nuisance": 1.5, "nuisanceMax": 3.0, "nuisanceSpan": 86400,
}
STATES = [
    *[(f"alarm_{n}", 1) for n in ("lasting", "on", "raised")],
    *[(f"pca_{n}", w) for n, w in [("ewma", CHANNELS), ("peak", 1), ("reference", CHANNELS)]],
    *[(f"shift_{n}", w) for n, w in [*[(n, CHANNELS) for n in shift.WIDE], *[(n, 1) for n in shift.NARROW]]],
]
OUTER = {"x", "mask", "mean", "scale", "floor", ""}


def combine(shift_score, pca_score, s=SETTINGS):
    """Evidence of both; 1 is where a score is 0.5."""
    evidence = lambda score: np.log(np.clip(score / np.maximum(1 - score, 1e-6), s["least"], s["most"]))
    return np.exp(s["shiftWeight"] * evidence(shift_score) + (1 - s["shiftWeight"]) * evidence(pca_score))


def tell(both, s=SETTINGS):
    """What the graph makes of the evidence of all rows of a device from its first one: scores."""
    on, lasting, raised, out = False, 0, 0.0, np.empty(len(both))
    for i, ratio in enumerate((both / s["limit"]).tolist()):
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


def build(shift_model, pca_model, s=SETTINGS):
    g = Graph()
    # A device's floor is learnt from the plane's level: the latch has its own measure of what is restless.
    ones = g.value(np.ones((1, CHANNELS), dtype=np.float32))
    take(g, shift_model, "shift", {"floor": ones})
    take(g, pca_model, "pca", {})
    parts = []
    for name, weight in (("shift", s["shiftWeight"]), ("pca", 1 - s["shiftWeight"])):
        score = g.op("Unsqueeze", f"{name}_score", g.indices([1]))
        evidence = g.Clip(g.Div(score, g.Max(g.Sub(1.0, score), 1e-6)), s["least"], s["most"])
        parts.append(g.Mul(g.Log(evidence), weight))
    ratio = g.Mul(g.Exp(g.Add(*parts)), 1 / s["limit"])
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
    g.Add(g.Mul("shift_share", s["shiftWeight"]), g.Mul("pca_share", 1 - s["shiftWeight"]), out="share")
    g.op("Identity", "pca_level", out="level")
    return g.model("ensemble", STATES, CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    rows = [standardise(x) for _, x in recordings(args.data)]
    inside, beside, _ = pca.fit(rows)
    save(build(shift.build(), pca.build(inside, beside, {**pca.SETTINGS, "limit": SETTINGS["planeLimit"]})), args.out, {
        "name": "ensemble",
        "version": 2,
        "title": "geometric mean of the evidence of shift and pca; what heals by itself raises the bar of the next alarm",
        "data": "Skoltech Anomaly Benchmark v0.9, 19 recordings: commissioning rows for the plane, labels for the settings of the latch and the limit; the one without anomalies for the bar",
        "settings": {**SETTINGS, **{f"shift.{k}": v for k, v in shift.SETTINGS.items()}, **{f"pca.{k}": v for k, v in pca.SETTINGS.items()}},
        "metrics": crossed("ensemble"),
    })

"""
Builds models/ensemble.onnx from shift.py and pca.py in one graph: the geometric mean of their evidence, each held within a range so
that neither can shout the other down. The latch knows single channels and when a fault is over, the plane knows what the channels do
together: a fault that the latch only suspects is told as soon as the plane sees it too, and is over when both say so.

  /usr/bin/python3 ensemble.py --data DIR [--out ../models]
"""
import argparse, os
import numpy as np
from onnx import helper, numpy_helper
import pca, shift
from card import CHANNELS, crossed, recordings, save, standardise
from graph import Graph

# The plane is asked for more than where it stands alone: twice the 99 % level.
SETTINGS = {"shiftWeight": 0.5, "least": 0.05, "most": 4.0, "limit": 0.5, "planeLimit": 2.0}
STATES = [
    *[(f"pca_{n}", w) for n, w in [("ewma", CHANNELS), ("peak", 1), ("reference", CHANNELS)]],
    *[(f"shift_{n}", w) for n, w in [*[(n, CHANNELS) for n in shift.WIDE], *[(n, 1) for n in shift.NARROW]]],
]
OUTER = {"x", "mask", "mean", "scale", "floor", ""}


def combine(shift_score, pca_score, s=SETTINGS):
    """What the graph does, in numpy; a score of 0.5 is evidence of 1."""
    evidence = lambda score: np.log(np.clip(score / np.maximum(1 - score, 1e-6), s["least"], s["most"]))
    both = np.exp(s["shiftWeight"] * evidence(shift_score) + (1 - s["shiftWeight"]) * evidence(pca_score)) / s["limit"]
    return both / (1 + both)


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
    both = g.Mul(g.Exp(g.Add(*parts)), 1 / s["limit"])
    g.narrow(g.Div(both, g.Add(both, 1.0)), "score")
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
        "version": 1,
        "title": "geometric mean of the evidence of shift and pca",
        "data": "Skoltech Anomaly Benchmark v0.9, 19 recordings: commissioning rows for the plane, labels for the settings of the latch and the limit",
        "settings": {**SETTINGS, **{f"shift.{k}": v for k, v in shift.SETTINGS.items()}, **{f"pca.{k}": v for k, v in pca.SETTINGS.items()}},
        "metrics": crossed("ensemble"),
    })

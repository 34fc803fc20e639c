"""
Builds models/fleet.onnx, the strongest simple method known for these pumps: per device z, clipped, EWMA of ten rows, each channel over the
level that 95 % of the fleet's normal rows stay below, the worst channel; persistence is the judge's. What it learns of the fleet are eight numbers.

  /usr/bin/python3 fleet.py --data DIR [--out ../models]
"""
import argparse, os
import numpy as np
from card import CHANNELS, COMMISSIONING_ROWS, crossed, recordings, save, standardise
from graph import Graph, rate
from rest import decide

QUANTILE = 0.95
SETTINGS = {"span": 10, "clip": 8.0, "limit": 2.5}


def floors(rows, s=SETTINGS):
    """`rows`: standardised normal rows of each device; the fleet's level per channel."""
    levels = []
    for z in rows:
        at = np.zeros(CHANNELS)
        for row in np.clip(z, -s["clip"], s["clip"]):
            at = at + rate(s["span"]) * (row - at)
            levels.append(np.abs(at))
    return np.quantile(np.array(levels), QUANTILE, axis=0)


def build(fleet, s=SETTINGS):
    g = Graph()
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -s["clip"], s["clip"])
    ewma = g.Add("ewma_in", g.Mul(g.Mul("mask", rate(s["span"])), g.Sub(z, "ewma_in")), out="ewma_out")
    level = g.Mul(g.Abs(ewma), np.array([1 / fleet], dtype=np.float32), out="level")
    # A device that is restless by itself, or a profile that says so, has higher bounds; a calm one is held to the fleet's.
    ratio = g.Div(level, g.Mul(g.Max("floor", 1.0), s["limit"]))
    decide(g, ratio)
    return g.model("fleet", [("ewma", CHANNELS)], CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    rows = [standardise(x) for _, x in recordings(args.data)]
    fleet = floors(rows)
    save(build(fleet), args.out, {
        "name": "fleet",
        "version": 1,
        "title": "z, EWMA of ten rows, over the fleet's 95 % level, worst channel",
        "data": f"Skoltech Anomaly Benchmark v0.9, rows 0 to {COMMISSIONING_ROWS - 1} of {len(rows)} recordings, labels unread",
        "settings": {**SETTINGS, "quantile": QUANTILE, **{f"floor{c}": round(float(v), 5) for c, v in enumerate(fleet)}},
        "metrics": crossed("fleet"),
    })

"""
Trains models/trees.onnx: gradient-boosted trees (forest.py) on what can be known of a row when it arrives: how far each channel's fast and
minute levels lie from where the device was in commissioning and from a slow reference, in its own noise; the largest of them, how many
channels are out. Labels of the fleet's past faults are read, and a long stretch without any: what healthy pumps do is most of what is learnt.
The log-odds, smoothed, are the score; a channel's share is how far it is out.

  /usr/bin/python3 trees.py --data DIR [--out ../models]
"""
import argparse, os
import numpy as np
from card import CHANNELS, COMMISSIONING_ROWS, crossed, save
from forest import SETTINGS as FOREST, fit, node_of
from graph import Graph, rate
from interpret import run
from measure import series_of
from shift import UP

CLIP = 1000.0
SETTINGS = {"span": 4, "minuteSpan": 60, "referenceSpan": 400, "noiseFrom": 30, "noiseUntil": 400, "noiseMin": 0.01, "noiseClip": 3.0, "most": 8.0, "guard": 7.5, "smooth": 10, "limit": 0.0, "calmWeight": 0.5}
COUNT_MAX = 4000.0
STATES = [("count", 1), ("fast", CHANNELS), ("minute", CHANNELS), ("noise", CHANNELS), ("odds", 1), ("rest", CHANNELS)]


def features(g, s):
    """[B, F]: fast and minute away from the commissioning mean, fast away from the slow reference, sorted extremes. Answers the names of (features, level)."""
    count = g.Min(g.Add("count_in", g.worst("mask")), COUNT_MAX, out="count_out")
    first = g.Div(1.0, g.Max(count, 1.0))
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    fast = g.Add("fast_in", g.Mul(g.Mul("mask", g.Max(rate(s["span"]), first)), g.Sub(z, "fast_in")), out="fast_out")
    minute = g.towards("minute_in", fast, g.Max(rate(s["minuteSpan"]), first), out="minute_out")
    rest = g.towards("rest_in", fast, g.Max(rate(s["referenceSpan"]), first), out="rest_out")
    since = g.Max(g.Sub(count, float(s["noiseFrom"])), 1.0)
    learning = g.both(g.Greater(count, float(s["noiseFrom"])), g.LessOrEqual(count, float(s["noiseUntil"])))
    # No outlier pulls the noise.
    usual = g.Min(g.Abs(g.Sub(fast, minute)), g.Add(g.Mul(s["noiseClip"], "noise_in"), g.Where(g.Greater(since, 1.0), 0.0, 2 * CLIP)))
    noise = g.towards("noise_in", usual, g.Mul("mask", g.Where(learning, g.Div(1.0, since), 0.0)), out="noise_out")
    unit = g.Mul(g.Mul(g.Max(noise, s["noiseMin"]), np.array([UP], dtype=np.float32)), g.Max("floor", 1.0))
    parts = [g.Clip(g.Div(g.Sub(a, b), unit), -s["most"], s["most"]) for a, b in ((fast, "rest_in"), (minute, "rest_in"), (fast, "minute_in"))]
    out = [g.Abs(part) for part in parts]
    extremes = [g.worst(part) for part in out] + [g.Mul(g.sum(part), 1 / CHANNELS) for part in out]
    return g.Concat(*parts, *extremes, axis=1, out="features"), out[0]


def front(s=SETTINGS):
    """The features alone, as a graph, to train on exactly what the model will see."""
    g = Graph()
    _, away = features(g, s)
    g.op("Identity", away, out="level")
    g.narrow(g.Mul("odds_in", 0.0), "score")
    g.shares(away)
    g.op("Identity", "odds_in", out="odds_out")
    return g.model("front", STATES, CHANNELS)


def build(forest, s=SETTINGS):
    g = Graph()
    seen, away = features(g, s)
    g.nodes.append(node_of(forest, seen, "raw"))
    ready = g.Greater("count_out", 100.0)
    odds = g.towards("odds_in", g.Clip("raw", -6.0, 6.0), rate(s["smooth"]), out="odds_out")
    g.Mul(away, 0.25, out="level")
    # Trees know the faults they were shown; what is as far out as they can see is told whatever they think of it.
    far = g.Mul(g.worst(away), 1 / s["guard"])
    g.narrow(g.Where(ready, g.Max(g.Sigmoid(g.Sub(odds, s["limit"])), g.Div(far, g.Add(far, 1.0))), 0.0), "score")
    g.shares(g.Mul(away, away))
    return g.model("trees", STATES, CHANNELS)


def rows_of(series):
    """Features of every row of each series, commissioned as in the product."""
    out = []
    for one in series:
        mean = one.x[:COMMISSIONING_ROWS].mean(0)[None]
        scale = np.maximum(np.maximum(one.x[:COMMISSIONING_ROWS].std(0), np.abs(mean[0]) * 0.02), 1e-6)[None]
        made, _ = run(front(), one.x[:, None], mean, scale, np.ones_like(mean), watch=("features",))
        out.append(made["features"][COMMISSIONING_ROWS:, 0])
    return out


def learn(rows, labels, weights):
    return fit(np.concatenate(rows), np.concatenate(labels).astype(float), np.concatenate([np.full(len(r), w) for r, w in zip(rows, weights)]))


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    series, free = series_of(args.data)
    every = [*series, free]
    forest = learn(rows_of(every), [s.anomaly for s in every], [1.0] * len(series) + [SETTINGS["calmWeight"]])
    save(build(forest), args.out, {
        "name": "trees",
        "version": 1,
        "title": "gradient-boosted trees on levels against commissioning and rest, in own noise; log-odds smoothed",
        "data": f"Skoltech Anomaly Benchmark v0.9, {len(series)} recordings with their labels and the one without anomalies, from row {COMMISSIONING_ROWS} on",
        "settings": {**SETTINGS, **FOREST},
        "metrics": crossed("trees"),
    })

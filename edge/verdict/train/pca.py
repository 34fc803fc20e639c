"""
Builds models/pca.onnx: the eight channels of calm pumps lie near a plane (principal components of the fleet's commissioning rows, 90 % of
the variance). T² is how far a row lies out in the plane, Q how far beside it (Jackson & Mudholkar 1979); each over the level that 99 % of
normal rows stay below, the larger decides. Smoothed rows, less where the device has come to rest.

  /usr/bin/python3 pca.py --data DIR [--out ../models]
"""
import argparse, os
import numpy as np
from card import CHANNELS, COMMISSIONING_ROWS, REFERENCE_SETTINGS, crossed, recordings, save, standardise
from graph import Graph, rate
from gru import CLIP, references
from rest import STATES, decide, follow

VARIANCE = 0.9
QUANTILE = 0.99
SETTINGS = {"span": 10, "limit": 1.26}


def smoothed(z, span):
    at, out = np.zeros(CHANNELS), np.empty_like(z)
    for i, row in enumerate(z):
        at = at + rate(span) * (row - at)
        out[i] = at
    return out


def fit(rows, s=SETTINGS):
    """`rows`: standardised normal rows of each device. Answers the matrices whose squared products are each channel's part of T² and of Q, over their limits."""
    x = np.concatenate([smoothed(np.clip(z, -CLIP, CLIP) - references(np.clip(z, -CLIP, CLIP)), s["span"]) for z in rows])
    values, vectors = np.linalg.eigh(np.cov(x.T))
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    k = int(np.searchsorted(np.cumsum(values) / values.sum(), VARIANCE)) + 1
    p = vectors[:, :k]
    # Mahalanobis in the plane: the symmetric root keeps a contribution with its channel.
    inside = p @ np.diag(1 / np.sqrt(values[:k])) @ p.T
    beside = np.eye(CHANNELS) - p @ p.T
    t2, q = ((x @ inside) ** 2).sum(1), ((x @ beside) ** 2).sum(1)
    return inside / np.sqrt(np.quantile(t2, QUANTILE)), beside / np.sqrt(np.quantile(q, QUANTILE)), k


def build(inside, beside, s=SETTINGS):
    g = Graph()
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    ewma = g.Add("ewma_in", g.Mul(g.Mul("mask", rate(s["span"])), g.Sub(g.Sub(z, "reference_in"), "ewma_in")), out="ewma_out")
    t2, q = [g.Pow(g.MatMul(ewma, m.astype(np.float32)), 2.0) for m in (inside, beside)]
    t2_all, q_all = g.sum(t2), g.sum(q)
    parts = g.Add(g.Where(g.Greater(t2_all, q_all), t2, q), 1e-12)
    # The sum of all channels decides; the one with the largest part stands for it, the others in proportion.
    level = g.Mul(g.Sqrt(g.Max(t2_all, q_all)), g.Sqrt(g.Div(parts, g.worst(parts))), out="level")
    ratio = g.Div(level, g.Mul(g.Max("floor", 1.0), s["limit"]))
    follow(g, z, ratio, decide(g, ratio))
    return g.model("pca", [("ewma", CHANNELS), *STATES], CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    rows = [standardise(x) for _, x in recordings(args.data)]
    inside, beside, k = fit(rows)
    save(build(inside, beside), args.out, {
        "name": "pca",
        "version": 1,
        "title": "T² within and Q beside the fleet's principal components, over their 99 % levels",
        "data": f"Skoltech Anomaly Benchmark v0.9, rows 0 to {COMMISSIONING_ROWS - 1} of {len(rows)} recordings, labels unread",
        "settings": {**SETTINGS, "variance": VARIANCE, "components": k, "quantile": QUANTILE, "clip": CLIP, **REFERENCE_SETTINGS},
        "metrics": crossed("pca"),
    })

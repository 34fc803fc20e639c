"""
Builds models/spot.onnx: how far is too far is read off the tail of what the device itself has done (Siffer et al. 2017, DSPOT: what is held
against the tail is the distance from where the channel rests). Peaks over a first threshold are taken for a generalised Pareto tail, its
two numbers by moments (Hosking & Wallis 1987) instead of by likelihood, so that a few sums are the whole state; the bound is the level that
is passed once in `onceIn` rows. What passes the bound is no normal peak and is not learnt.

  /usr/bin/python3 spot.py [--out ../models]
"""
import argparse, os
import numpy as np
from card import CHANNELS, REFERENCE_SETTINGS, crossed, save
from graph import Graph, rate
from rest import STATES, decide, follow

CLIP = 10.0
# `first`: the threshold of peaks, as a multiple of the running mean distance: about one row in ten lies above it.
SETTINGS = {"span": 10, "first": 2.0, "onceIn": 100_000, "learnFrom": 60, "rowsMin": 200, "peaksMin": 10, "boundMin": 0.2, "limit": 0.95, "shapeMax": 0.4}
COUNT_MAX = 86_400.0  # a day of rows; older peaks fade by the same share


def build(s=SETTINGS):
    g = Graph()
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    count = g.Min(g.Add("count_in", "mask"), COUNT_MAX, out="count_out")
    one = g.Div(1.0, g.Max(count, 1.0))
    ewma = g.Add("ewma_in", g.Mul(g.Mul("mask", g.Max(rate(s["span"]), one)), g.Sub(z, "ewma_in")), out="ewma_out")
    away = g.Abs(g.Sub(ewma, "reference_in"))

    threshold = g.Mul("usual_in", s["first"])
    over = g.Max(g.Sub(away, threshold), 0.0)
    part = g.Max("part_in", 1e-6)
    mean, square = g.Div("excess_in", part), g.Div("square_in", part)
    variance = g.Max(g.Sub(square, g.Mul(mean, mean)), 1e-12)
    odds = g.Div(g.Mul(mean, mean), variance)
    shape = g.Clip(g.Mul(0.5, g.Sub(1.0, odds)), -s["shapeMax"], s["shapeMax"])
    size = g.Mul(g.Mul(0.5, mean), g.Add(odds, 1.0))
    # z_q = t + size/shape · ((q·n/peaks)^-shape − 1), and where the shape is all but 0 its limit.
    rarity = g.Log(g.Max(g.Mul(part, float(s["onceIn"])), 1.0))
    flat = g.Less(g.Abs(shape), 1e-3)
    curved = g.Div(g.Sub(g.Exp(g.Mul(shape, rarity)), 1.0), g.Where(flat, 1.0, shape))
    tail = g.Add(threshold, g.Mul(size, g.Where(flat, rarity, curved)))
    known = g.both(g.Greater(count, float(s["rowsMin"])), g.Greater(g.Mul("part_in", count), float(s["peaksMin"])))
    bound = g.Where(known, g.Max(tail, s["boundMin"]), g.Max(g.Mul("usual_in", 8.0), 1.0))

    level = g.Div(away, bound, out="level")
    ratio = g.Div(level, g.Mul(g.Max("floor", 1.0), s["limit"]))
    worst = decide(g, ratio)
    follow(g, z, ratio, worst)
    learns = g.Where(g.both(g.Greater(count, float(s["learnFrom"])), g.Less(level, 1.0)), g.Div(1.0, g.Max(g.Sub(count, float(s["learnFrom"])), 1.0)), 0.0)
    pace = g.Mul("mask", learns)
    is_peak = g.Where(g.Greater(over, 0.0), 1.0, 0.0)
    g.towards("usual_in", away, pace, out="usual_out")
    g.towards("part_in", is_peak, pace, out="part_out")
    g.towards("excess_in", over, pace, out="excess_out")
    g.towards("square_in", g.Mul(over, over), pace, out="square_out")
    return g.model("spot", [(name, CHANNELS) for name in ("count", "ewma", "excess", "part", "square", "usual")] + STATES, CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    save(build(), args.parse_args().out, {
        "name": "spot",
        "version": 1,
        "title": "distance from rest over the bound that the device's own tail gives, worst channel",
        "data": "none: a device's own rows say what its tail is",
        "settings": {**SETTINGS, "clip": CLIP, **REFERENCE_SETTINGS},
        "metrics": crossed("spot"),
        # Its tail is not known at first.
        "judge": {"warmRows": 100},
    })

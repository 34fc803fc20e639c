"""
Builds models/cusum.onnx, a change-point detector: two sums per channel, up and down, of what a row lies beyond the drift that is allowed,
in the channel's own noise of a minute (Page 1954); the sum over its limit is the evidence. Nothing in it is fitted: noise is learnt from
the device's first rows.

  /usr/bin/python3 cusum.py [--out ../models]
"""
import argparse, os
import numpy as np
from card import CHANNELS, REFERENCE_SETTINGS, crossed, save
from graph import Graph, rate
from rest import STATES, decide, follow
from shift import UP

CLIP = 10.0
SETTINGS = {"span": 4, "minuteSpan": 60, "noiseFrom": 30, "noiseUntil": 400, "noiseMin": 0.02, "drift": 0.7, "step": 1.5, "limit": 10.0, "cap": 2.0}
# One unit of a channel, in its noise of a minute: as in shift.py.
UNITS = UP
COUNT_MAX = 4000.0


def build(s=SETTINGS):
    g = Graph()
    count = g.Min(g.Add("count_in", g.worst("mask")), COUNT_MAX, out="count_out")
    first = g.Div(1.0, g.Max(count, 1.0))
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    fast = g.Add("fast_in", g.Mul(g.Mul("mask", g.Max(rate(s["span"]), first)), g.Sub(z, "fast_in")), out="fast_out")
    minute = g.towards("minute_in", fast, g.Max(rate(s["minuteSpan"]), first), out="minute_out")
    since = g.Max(g.Sub(count, float(s["noiseFrom"])), 1.0)
    learning = g.both(g.Greater(count, float(s["noiseFrom"])), g.LessOrEqual(count, float(s["noiseUntil"])))
    noise = g.towards("noise_in", g.Abs(g.Sub(fast, minute)), g.Mul("mask", g.Where(learning, g.Div(1.0, since), 0.0)), out="noise_out")
    away = g.Div(g.Sub(fast, "reference_in"), g.Mul(g.Max(noise, s["noiseMin"]), np.array([UNITS], dtype=np.float32)))
    started = g.Mul("mask", g.Where(g.Greater(count, 100.0), 1.0, 0.0))
    most = s["limit"] * s["cap"]
    sums = []
    for name, side in (("up", 1.0), ("down", -1.0)):
        beyond = g.Clip(g.Sub(g.Mul(away, side), s["drift"]), -s["step"], s["step"])
        sums.append(g.Clip(g.Add(f"{name}_in", g.Mul(started, beyond)), 0.0, most, out=f"{name}_out"))
    level = g.Mul(g.Max(*sums), 1 / s["limit"], out="level")
    ratio = g.Div(level, g.Max("floor", 1.0))
    follow(g, z, ratio, decide(g, ratio))
    return g.model("cusum", [("count", 1), ("down", CHANNELS), ("fast", CHANNELS), ("minute", CHANNELS), ("noise", CHANNELS), ("up", CHANNELS), *STATES], CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    save(build(), args.parse_args().out, {
        "name": "cusum",
        "version": 1,
        "title": "two-sided CUSUM of each channel in its own noise, worst channel",
        "data": "none: a device's own first rows say what its noise is",
        "settings": {**SETTINGS, **{f"unit{c}": v for c, v in enumerate(UNITS)}, "clip": CLIP, **REFERENCE_SETTINGS},
        "metrics": crossed("cusum"),
    })

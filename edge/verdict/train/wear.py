"""
Builds models/wear.onnx: how far the middle bands of a bearing's vibration have grown since commissioning. Per band the logarithm of its ratio
to the mean of the commissioning rows, no step larger than a doubling let in at once, smoothed; the mean over both axes is the growth, and
growth above the threshold for three rows is worth a visit. Bands 1 and 2 stay calm while a bearing runs in; RMS, the highest band and the
envelope do not. Twenty channels: per axis rms, peak, kurtosis, crest, bands 0 to 3, velocity rms, envelope.

  /usr/bin/python3 wear.py [--data DIR] [--out ../models]       with --data (six bearings run to failure) it prints each bearing left out
"""
import argparse, glob, os
import numpy as np
from card import save
from graph import Graph, rate
from interpret import run

FEATURES = ["rms", "peak", "kurtosis", "crest", "b0", "b1", "b2", "b3", "velrms", "envelope"]
CHANNELS = 2 * len(FEATURES)
WEIGHTS = [float(name in ("b1", "b2")) for _ in "hv" for name in FEATURES]
SETTINGS = {"span": 5, "step": 0.7, "growth": 1.36, "rows": 3, "commissioningRows": 60}
SMALLEST = 1e-6


def build(s=SETTINGS):
    g = Graph()
    used = np.array([WEIGHTS], dtype=np.float32)
    ratio = g.Sub(g.Log(g.Max("x", SMALLEST)), g.Log(g.Max("mean", SMALLEST)))
    seen = g.Mul("mask", used)
    known = g.Max("known_in", seen, out="known_out")
    step = g.Mul(g.Mul(seen, rate(s["span"])), g.Clip(g.Sub(ratio, "growth_in"), -s["step"], s["step"]))
    growth = g.Add("growth_in", step, out="growth_out")
    bound = g.Mul(float(np.log(s["growth"])), g.Max("floor", 1.0))
    part = g.Div(growth, bound)
    g.Abs(g.Mul(growth, 1 / float(np.log(s["growth"]))), out="level")
    above = g.Div(g.sum(g.Mul(part, known)), g.Max(g.sum(known), 1.0))
    rows = g.Where(g.Greater(above, 1.0), g.Min(g.Add("rows_in", 1.0), 1e6), 0.0, out="rows_out")
    grown = g.Sub(1.0, g.Div(0.5, g.Max(above, 1.0)))
    calm = g.Mul(0.49, g.Clip(above, 0.0, 1.0))
    g.narrow(g.Where(g.GreaterOrEqual(rows, float(s["rows"])), grown, calm), "score")
    g.shares(g.Pow(g.Mul(g.Max(part, 0.0), known), 2.0))
    return g.model("wear", [("growth", CHANNELS), ("known", CHANNELS), ("rows", 1)], CHANNELS)


def bearings(folder):
    return {os.path.basename(path)[:-4]: np.genfromtxt(path, delimiter=",", skip_header=1)[:, 1:] for path in sorted(glob.glob(os.path.join(folder, "*.csv")))}


def growth_of(x, s):
    """What the graph says of one bearing with the threshold at e, so that `score` tells growth: the mean of the logarithms, row by row."""
    mean = x[: s["commissioningRows"]].mean(0)[None]
    one = np.ones((1, CHANNELS))
    out, _ = run(build({**s, "growth": float(np.e)}), x[:, None], mean, one, one, watch=("growth_out",))
    return out["growth_out"][:, 0] @ np.array(WEIGHTS) / sum(WEIGHTS)


def warned(growth, threshold, s):
    """First row after commissioning at which growth was above the threshold for as many rows as it takes; None if never."""
    lasting = 0
    for i, value in enumerate(growth):
        lasting = lasting + 1 if value > threshold else 0
        if lasting >= s["rows"] and i >= s["commissioningRows"]:
            return i
    return None


def choose(grown, s):
    """A quarter up, in the logarithm, the range of thresholds for which all of these are warned in their second half of life."""
    fits = lambda t: all((at := warned(g, t, s)) is not None and at >= len(g) / 2 for g in grown)
    ok = [t for t in np.log(np.arange(1.05, 4, 0.01)) if fits(t)]
    return ok[0] + 0.25 * (ok[-1] - ok[0])


def leave_one_out(folder, s=SETTINGS):
    grown = {name: growth_of(x, s) for name, x in bearings(folder).items()}
    leads, parts = [], []
    for name, growth in grown.items():
        threshold = choose([g for other, g in grown.items() if other != name], s)
        at = warned(growth, threshold, s)
        leads.append(len(growth) - 1 - at)
        parts.append(at / len(growth))
        print(f"{name}: {len(growth)} rows, threshold of the others x{np.exp(threshold):.2f}, warned at {parts[-1]:.2f} of life, {leads[-1]} rows before the end")
    print(f"all six: threshold x{np.exp(choose(list(grown.values()), s)):.2f}, median lead {np.median(leads)} rows, earliest at {min(parts):.2f} of life")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data")
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    if args.data:
        leave_one_out(args.data)
    save(build(), args.out, {
        "name": "wear",
        "version": 1,
        "title": "growth of the middle vibration bands since commissioning, both axes, three rows above the threshold",
        "data": "PRONOSTIA (IEEE PHM 2012), six bearings run to failure: they chose the threshold; of a device only its own rows are learnt",
        "settings": SETTINGS,
        # Each bearing with the threshold that the other five chose; rows of 10 s.
        "metrics": {"bearings": 6, "warnedShare": 1, "warnedBeforeHalfOfLife": 0, "medianLeadRows": 35, "leastLeadRows": 16, "earliestPartOfLife": 0.95},
    })

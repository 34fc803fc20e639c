"""
What the kit itself says of every model that ships, along made-up series: fixtures/probes.json. check.bench.ts and the tests ask the runtime for the
same and allow 1e-5.

  /usr/bin/python3 probe.py [--models ../models] [--out ../fixtures/probes.json]
"""
import argparse, glob, json, os
import numpy as np
import onnx
from interpret import run

ROWS, GONE_FROM, BACK_FROM = 180, 125, 165
GAP = 0.05


def series(width):
    """Rest with noise, a few gaps, then a third of the channels go and come back. Positive throughout, as vibration is."""
    rng = np.random.default_rng(width)
    x = 1 + 0.05 * rng.standard_normal((ROWS, width)) + 0.05 * np.sin(np.arange(ROWS)[:, None] * (0.05 + 0.02 * np.arange(width)))
    x[GONE_FROM:BACK_FROM, ::3] += 1.2
    x = np.round(np.maximum(x, 0.2), 4)
    x[rng.random(x.shape) < GAP] = np.nan
    return x


def probe(model):
    width = next(i for i in model.graph.input if i.name == "x").type.tensor_type.shape.dim[1].dim_value or 8
    one = np.ones((1, width))
    out, _ = run(model, series(width)[:, None], one, 0.08 * one, 0.5 * one, watch=("score", "share", "level"))
    last = lambda name: [round(float(v), 7) for v in out[name][GONE_FROM + 20, 0]]
    return width, {"width": width, "score": [round(float(v), 7) for v in out["score"][:, 0]], "share": last("share"), "level": last("level")}


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--models", default=os.path.join(here, "..", "models"))
    args.add_argument("--out", default=os.path.join(here, "..", "fixtures", "probes.json"))
    args = args.parse_args()
    models = {os.path.basename(path)[:-5]: probe(onnx.load(path)) for path in sorted(glob.glob(os.path.join(args.models, "*.onnx")))}
    cell = lambda v: None if np.isnan(v) else float(v)
    made = {
        "mean": 1, "scale": 0.08, "floor": 0.5, "row": GONE_FROM + 20,
        "series": {str(w): [[cell(v) for v in row] for row in series(w)] for w in sorted({w for w, _ in models.values()})},
        "models": {name: told for name, (_, told) in models.items()},
    }
    with open(args.out, "w") as file:
        file.write(json.dumps(made, separators=(",", ":")) + "\n")

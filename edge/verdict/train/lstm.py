"""
Trains models/lstm.onnx: as gru.py, with an LSTM (Hochreiter & Schmidhuber 1997): it forecasts the next sample of every channel, the error of the
forecast, smoothed, is the evidence. Hidden state, cell, last forecast and smoothed error are inputs and outputs.
Fitted on commissioning rows only. Fixed seed.

  /usr/bin/python3 lstm.py --data DIR [--out ../models]
"""
import one_thread
import argparse, os
import numpy as np
import torch
from torch import nn
from card import CHANNELS, COMMISSIONING_ROWS, REFERENCE_SETTINGS, crossed, save
from graph import Graph, rate
from gru import CLIP, DROP, SEED, TRAIN_ROWS, standardised, train
from rest import STATES, decide, follow

HIDDEN = 32
SETTINGS = {"span": 30, "limit": 2.0}


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2 * CHANNELS, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, CHANNELS)

    def forward(self, z, mask):
        hidden, _ = self.lstm(torch.cat([z, mask], 2))
        return self.out(hidden)


def graph_of(model, s=SETTINGS):
    w = {k: v.detach().numpy() for k, v in model.state_dict().items()}
    # PyTorch orders its gates i, f, g, o; ONNX i, o, f, g.
    n = HIDDEN
    order = lambda a: np.concatenate([a[:n], a[3 * n:], a[n : 2 * n], a[2 * n : 3 * n]])
    g = Graph()
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    seen = g.Mul(g.Sub(z, "reference_in"), "mask")
    missed = g.Sub(seen, "forecast_in")
    error = g.Add("error_in", g.Mul(g.Mul("mask", rate(s["span"])), g.Sub(missed, "error_in")), out="error_out")
    ratio = g.Div(g.Abs(error, out="level"), g.Mul("floor", s["limit"]))
    follow(g, z, ratio, decide(g, ratio))
    first = g.indices([0])
    sequence = g.Unsqueeze(g.Concat(seen, "mask", axis=1), first)
    both = np.concatenate([order(w["lstm.bias_ih_l0"]), order(w["lstm.bias_hh_l0"])])[None]
    ins = [g.value(i) for i in (sequence, order(w["lstm.weight_ih_l0"])[None], order(w["lstm.weight_hh_l0"])[None], both)]
    g.several("LSTM", [*ins, "", g.Unsqueeze("hidden_in", first), g.Unsqueeze("cell_in", first)], ["", "hidden_next", "cell_next"], hidden_size=n)
    g.Squeeze("hidden_next", first, out="hidden_out")
    g.Squeeze("cell_next", first, out="cell_out")
    g.Gemm("hidden_out", w["out.weight"], w["out.bias"], transB=1, out="forecast_out")
    return g.model("lstm", [("hidden", n), ("cell", n), ("forecast", CHANNELS), ("error", CHANNELS), *STATES], CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    z = standardised(args.data)
    trained, metrics = train(z, Forecaster)
    save(graph_of(trained), args.out, {
        "name": "lstm",
        "version": 1,
        "title": "LSTM forecast of what moved from a slow reference, error smoothed, floor, worst channel",
        "data": f"Skoltech Anomaly Benchmark v0.9, rows 0 to {COMMISSIONING_ROWS - 1} of {len(z)} recordings, labels unread",
        "settings": {"hidden": HIDDEN, **SETTINGS, "clip": CLIP, "seed": SEED, "drop": DROP, "trainRows": TRAIN_ROWS, **REFERENCE_SETTINGS},
        "metrics": {**metrics, **crossed("lstm")},
    })

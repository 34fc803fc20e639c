"""
Trains models/autoencoder.onnx: a window of sixteen rows, kept as state, is pressed through eight numbers and drawn again (Hinton & Salakhutdinov
2006); what the newest quarter of it could not be drawn from is the evidence, smoothed, over the floor, the worst channel decides.
Fitted on commissioning rows only. Fixed seed.

  /usr/bin/python3 autoencoder.py --data DIR [--out ../models]
"""
import one_thread
import argparse, os
import numpy as np
import torch
from torch import nn
from card import CHANNELS, COMMISSIONING_ROWS, REFERENCE_SETTINGS, crossed, save
from graph import Graph, rate
from gru import CLIP, DROP, SEED, TRAIN_ROWS, standardised
from rest import STATES, decide, follow

WINDOW = 16
WIDE, NARROW = 32, 8
JUDGED = 4  # newest rows whose misses count
EPOCHS = 60
BATCH = 256
SETTINGS = {"span": 15, "limit": 3.1}


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        n = WINDOW * CHANNELS
        self.press = nn.Sequential(nn.Linear(n, WIDE), nn.Tanh(), nn.Linear(WIDE, NARROW), nn.Tanh())
        self.draw = nn.Sequential(nn.Linear(NARROW, WIDE), nn.Tanh(), nn.Linear(WIDE, n))

    def forward(self, x):
        return self.draw(self.press(x))


def windows(z, first, last):
    """[devices, rows, channels] to flat windows that end before `last`."""
    return torch.cat([z[:, i : i + WINDOW].reshape(len(z), -1) for i in range(first, last - WINDOW + 1)])


def train(z):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = Autoencoder()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    fit, held = windows(z, 0, TRAIN_ROWS), windows(z, TRAIN_ROWS, COMMISSIONING_ROWS)
    best, best_state = float("inf"), None
    for _ in range(EPOCHS):
        model.train()
        for batch in torch.randperm(len(fit)).split(BATCH):
            x = fit[batch]
            loss = nn.functional.smooth_l1_loss(model(x * (torch.rand_like(x) > DROP)), x)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            missed = nn.functional.smooth_l1_loss(model(held), held).item()
        if missed < best:
            best, best_state = missed, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    mean = nn.functional.smooth_l1_loss(torch.zeros_like(held), held).item()
    return model, {"heldOutLoss": round(best, 5), "heldOutLossOfMean": round(mean, 5)}


def graph_of(model, s=SETTINGS):
    w = {k: v.detach().numpy() for k, v in model.state_dict().items()}
    g = Graph()
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -CLIP, CLIP)
    seen = g.Mul(g.Sub(z, "reference_in"), "mask")
    n = WINDOW * CHANNELS
    window = g.Concat(g.op("Gather", "window_in", g.indices(range(CHANNELS, n)), axis=1), seen, axis=1, out="window_out")
    hidden = window
    for layer, squash in (("press.0", True), ("press.2", True), ("draw.0", True), ("draw.2", False)):
        hidden = g.Gemm(hidden, w[f"{layer}.weight"], w[f"{layer}.bias"], transB=1)
        hidden = g.Tanh(hidden) if squash else hidden
    # The newest rows' misses, added up by channel.
    newest = np.zeros((n, CHANNELS), dtype=np.float32)
    for row in range(WINDOW - JUDGED, WINDOW):
        newest[row * CHANNELS : (row + 1) * CHANNELS] = np.eye(CHANNELS) / JUDGED
    missed = g.MatMul(g.Sub(window, hidden), newest)
    error = g.Add("error_in", g.Mul(g.Mul("mask", rate(s["span"])), g.Sub(missed, "error_in")), out="error_out")
    ratio = g.Div(g.Abs(error, out="level"), g.Mul("floor", s["limit"]))
    follow(g, z, ratio, decide(g, ratio))
    return g.model("autoencoder", [("window", n), ("error", CHANNELS), *STATES], CHANNELS)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    z = standardised(args.data)
    trained, metrics = train(z)
    save(graph_of(trained), args.out, {
        "name": "autoencoder",
        "version": 1,
        "title": "window of 16 rows drawn again from 8 numbers, misses smoothed, floor, worst channel",
        "data": f"Skoltech Anomaly Benchmark v0.9, rows 0 to {COMMISSIONING_ROWS - 1} of {len(z)} recordings, labels unread",
        "settings": {"window": WINDOW, "wide": WIDE, "narrow": NARROW, "judged": JUDGED, **SETTINGS, "clip": CLIP, "seed": SEED, "drop": DROP, "trainRows": TRAIN_ROWS, **REFERENCE_SETTINGS},
        "metrics": {**metrics, **crossed("autoencoder")},
    })

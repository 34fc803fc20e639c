"""
Trains models/gru.onnx: a GRU forecasts the next sample of every channel (standardised per device); the error of the forecast, smoothed,
is the evidence. Hidden state, last forecast and smoothed error are inputs and outputs, so the graph needs no history.
Fitted on commissioning rows only (0 to 399 of each recording: 0 to 319 to train, 320 to 399 to stop). Fixed seed.

  /usr/bin/python3 gru.py --data DIR [--out ../models]
"""
import one_thread
import argparse, json, os
import numpy as np
import torch
from torch import nn
from onnx import helper
from card import CHANNELS, COMMISSIONING_ROWS, OPSET, REFERENCE_MAX, REFERENCE_SETTINGS, REFERENCE_SPAN, constant, crossed, outer_inputs, outer_outputs, recordings, save, standardise, tail_constants, tail_nodes, tail_states, tensor
from baseline import CLIP

SEED = 7
HIDDEN = 32
TRAIN_ROWS = 320
EPOCHS = 300
PATIENCE = 40
DROP = 0.05  # share of values hidden in training, so that a gap is nothing new
SPAN = 30
LIMIT = 2.5  # times the floor


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2 * CHANNELS, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, CHANNELS)

    def forward(self, z, mask):
        hidden, _ = self.gru(torch.cat([z, mask], 2))
        return self.out(hidden)


def standardised(folder):
    rows = []
    for _, x in recordings(folder):
        z = np.clip(standardise(x), -CLIP, CLIP)
        rows.append(z - references(z))
    return torch.tensor(np.stack(rows), dtype=torch.float32)


def references(z):
    """What the graph's reference is at each row, before it sees the row; calm throughout."""
    at, out = np.zeros(CHANNELS), np.empty_like(z)
    for i, row in enumerate(z):
        out[i] = at
        at = np.clip(at + 2 / (REFERENCE_SPAN + 1) * (row - at), -REFERENCE_MAX, REFERENCE_MAX)
    return out


def loss_of(model, z, mask, first, last):
    forecast = model(z * mask, mask)
    return nn.functional.smooth_l1_loss(forecast[:, first:last - 1], z[:, first + 1:last])


def train(z, make=Forecaster):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = make()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    best, best_state, waited = float("inf"), None, 0
    for epoch in range(EPOCHS):
        model.train()
        mask = (torch.rand_like(z) > DROP).float()
        optimiser.zero_grad()
        loss = loss_of(model, z, mask, 0, TRAIN_ROWS)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        model.eval()
        with torch.no_grad():
            held = loss_of(model, z, torch.ones_like(z), TRAIN_ROWS, COMMISSIONING_ROWS).item()
        if held < best:
            best, best_state, waited = held, {k: v.clone() for k, v in model.state_dict().items()}, 0
        else:
            waited += 1
        if waited > PATIENCE:
            break
    model.load_state_dict(best_state)
    with torch.no_grad():
        still = nn.functional.smooth_l1_loss(z[:, TRAIN_ROWS:-1], z[:, TRAIN_ROWS + 1:]).item()
        mean = nn.functional.smooth_l1_loss(torch.zeros_like(z[:, TRAIN_ROWS + 1:]), z[:, TRAIN_ROWS + 1:]).item()
    return model, {"epochs": epoch + 1, "heldOutLoss": round(best, 5), "heldOutLossOfLastValue": round(still, 5), "heldOutLossOfMean": round(mean, 5)}


def graph_of(model):
    """The same arithmetic in ONNX operators. GRU of one step: sequence length 1, its hidden state handed in and out."""
    w = {k: v.detach().numpy() for k, v in model.state_dict().items()}
    # PyTorch orders its gates r, z, n; ONNX z, r, h.
    order = lambda a: np.concatenate([a[HIDDEN:2 * HIDDEN], a[:HIDDEN], a[2 * HIDDEN:]])
    n = helper.make_node
    nodes = [
        n("Sub", ["x", "mean"], ["away"]),
        n("Div", ["away", "scale"], ["z_raw"]),
        n("Clip", ["z_raw", "clip_low", "clip_high"], ["z"]),
        n("Sub", ["z", "reference_in"], ["moved"]),
        n("Mul", ["moved", "mask"], ["moved_seen"]),
        n("Sub", ["moved_seen", "forecast_in"], ["missed"]),
        n("Sub", ["missed", "error_in"], ["step"]),
        n("Mul", ["step", "mask"], ["step_seen"]),
        n("Mul", ["step_seen", "alpha"], ["move"]),
        n("Add", ["error_in", "move"], ["error_out"]),
        n("Abs", ["error_out"], ["level"]),
        *tail_nodes(),
        n("Concat", ["moved_seen", "mask"], ["seen"], axis=1),
        n("Unsqueeze", ["seen", "axis0"], ["sequence"]),
        n("Unsqueeze", ["hidden_in", "axis0"], ["hidden_1"]),
        n("GRU", ["sequence", "W", "R", "Bias", "", "hidden_1"], ["", "hidden_2"], hidden_size=HIDDEN, linear_before_reset=1),
        n("Squeeze", ["hidden_2", "axis0"], ["hidden_out"]),
        n("Gemm", ["hidden_out", "out_w", "out_b"], ["forecast_out"], transB=1),
    ]
    axis0 = helper.make_tensor("axis0", 7, [1], [0])
    constants = [
        constant("alpha", 2 / (SPAN + 1)), constant("clip_low", -CLIP), constant("clip_high", CLIP), axis0, *tail_constants(LIMIT),
        constant("W", order(w["gru.weight_ih_l0"])[None]), constant("R", order(w["gru.weight_hh_l0"])[None]),
        constant("Bias", np.concatenate([order(w["gru.bias_ih_l0"]), order(w["gru.bias_hh_l0"])])[None]),
        constant("out_w", w["out.weight"]), constant("out_b", w["out.bias"]),
    ]
    widths = {"hidden": HIDDEN, "forecast": CHANNELS, "error": CHANNELS}
    state_in, state_out = tail_states(CHANNELS)
    ins = [*outer_inputs(CHANNELS), *[tensor(f"{k}_in", ["B", v]) for k, v in widths.items()], *state_in]
    outs = [*outer_outputs(CHANNELS), *[tensor(f"{k}_out", ["B", v]) for k, v in widths.items()], *state_out]
    model = helper.make_model(helper.make_graph(nodes, "gru", ins, outs, constants), opset_imports=[helper.make_opsetid("", OPSET)], producer_name="outpost")
    model.ir_version = 8
    return model


def write_probe(model, folder):
    """What PyTorch forecasts along a small made-up series: the graph must say the same."""
    z = np.round(np.sin(np.arange(24)[:, None] * (0.3 + 0.1 * np.arange(CHANNELS))), 3)
    moved = torch.tensor((z - references(z))[None], dtype=torch.float32)
    with torch.no_grad():
        forecast = model(moved, torch.ones_like(moved))[0]
    with open(os.path.join(folder, "gru-probe.json"), "w") as file:
        file.write(json.dumps({"x": z.tolist(), "forecast": [[round(v, 6) for v in row] for row in forecast.tolist()]}) + "\n")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    args = args.parse_args()
    z = standardised(args.data)
    trained, metrics = train(z)
    save(graph_of(trained), args.out, {
        "name": "gru",
        "version": 1,
        "title": "GRU forecast of what moved from a slow reference, error smoothed, floor, worst channel",
        "data": f"Skoltech Anomaly Benchmark v0.9, rows 0 to {COMMISSIONING_ROWS - 1} of {len(z)} recordings, labels unread",
        "settings": {"hidden": HIDDEN, "span": SPAN, "clip": CLIP, "limit": LIMIT, "seed": SEED, "drop": DROP, "trainRows": TRAIN_ROWS, **REFERENCE_SETTINGS},
        "metrics": {**metrics, **crossed("gru")},
    })
    write_probe(trained, os.path.join(here, "..", "fixtures"))

"""
Builds models/baseline.onnx: per device and channel z = (x - mean) / scale, clipped and masked, smoothed by an EWMA, held
against a slow reference and the channel's floor; the worst channel decides. EWMA, reference and peak are inputs and outputs. Nothing in it is fitted: what is learnt of a device
comes in as mean, scale and floor. Any number of channels.

  /usr/bin/python3 baseline.py [--out ../models]
"""
import argparse, os
from onnx import helper
from card import OPSET, REFERENCE_SETTINGS, constant, crossed, outer_inputs, outer_outputs, save, tail_constants, tail_nodes, tail_states, tensor

SPAN = 30  # samples; half a minute at 1 Hz
CLIP = 10.0  # scales; one wild value moves the EWMA by less than one
LIMIT = 3.0  # times the floor: where the score is 0.5

n = helper.make_node
nodes = [
    n("Sub", ["x", "mean"], ["away"]),
    n("Div", ["away", "scale"], ["z_raw"]),
    n("Clip", ["z_raw", "clip_low", "clip_high"], ["z"]),
    n("Sub", ["z", "ewma_in"], ["step"]),
    n("Mul", ["step", "mask"], ["step_seen"]),
    n("Mul", ["step_seen", "alpha"], ["move"]),
    n("Add", ["ewma_in", "move"], ["ewma_out"]),
    n("Sub", ["ewma_out", "reference_in"], ["moved"]),
    n("Abs", ["moved"], ["level"]),
    *tail_nodes(),
]
constants = [constant("alpha", 2 / (SPAN + 1)), constant("clip_low", -CLIP), constant("clip_high", CLIP), *tail_constants(LIMIT)]
state_in, state_out = tail_states()
graph = helper.make_graph(nodes, "baseline", [*outer_inputs(), tensor("ewma_in", ["B", "C"]), *state_in], [*outer_outputs(), tensor("ewma_out", ["B", "C"]), *state_out], constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="outpost")
model.ir_version = 8

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    save(model, args.parse_args().out, {
        "name": "baseline",
        "version": 1,
        "title": "z-score, EWMA, slow reference, floor, worst channel",
        "data": "none: a device's commissioning rows come in as mean, scale and floor",
        "settings": {"span": SPAN, "clip": CLIP, "limit": LIMIT, **REFERENCE_SETTINGS},
        "metrics": crossed("baseline"),
        # It holds no evidence in its graph.
        "judge": {"onDelayMs": 5000, "offDelayMs": 10000},
    })

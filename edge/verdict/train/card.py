"""What the training scripts share: the recordings, the outer signature of every graph, and the card beside the model."""
import csv, glob, hashlib, json, os
import numpy as np
import onnx
from onnx import helper, numpy_helper

# Rows of a recording in which normal is learnt; nothing later takes part in any fit.
COMMISSIONING_ROWS = 400
CHANNELS = 8
OPSET = 17


def recordings(folder):
    """Name below `folder` and its commissioning rows, `[400, 8]`, label columns unread. The long recording without anomalies is left out: false alarms are counted on it."""
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.csv"), recursive=True)):
        if "anomaly-free" in path:
            continue
        with open(path) as file:
            rows = csv.reader(file, delimiter=";")
            next(rows)
            x = np.array([[float(v) for v in row[1 : 1 + CHANNELS]] for _, row in zip(range(COMMISSIONING_ROWS), rows)])
        out.append((os.path.relpath(path, folder), x))
    return out


def save(model, folder, card):
    """Writes NAME.onnx and NAME.json; the card carries the digest of the very bytes."""
    onnx.checker.check_model(model)
    data = model.SerializeToString(deterministic=True)
    name = card["name"]
    with open(os.path.join(folder, name + ".onnx"), "wb") as file:
        file.write(data)
    shapes = lambda values: {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}
    card = {**card, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "opset": OPSET, "inputs": shapes(model.graph.input), "outputs": shapes(model.graph.output)}
    card["states"] = sorted(n[: -len("_in")] for n in card["inputs"] if n.endswith("_in"))
    with open(os.path.join(folder, name + ".json"), "w") as file:
        file.write(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    print(name, card["sha256"], len(data))


def crossed(name):
    """What nested cross-validation said of this kind of model (cross.py): means over its shuffles; nothing before it was run."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "folds.json")
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        shuffles = json.load(file)["models"].get(name, [])
    if not shuffles:
        return {}
    # Null where nothing was found, which is the delay's alone.
    rows = [np.array([row[:7] for row in one["counts"]], dtype=float).sum(0) for one in shuffles]
    mean = lambda of: round(float(np.mean([of(*row) for row in rows])), 3)
    return {
        "crossValidatedF1": mean(lambda tp, fp, fn, tn, nab, changes, found: tp / (tp + (fp + fn) / 2)),
        "crossValidatedFalseAlarmShare": mean(lambda tp, fp, fn, tn, nab, changes, found: fp / (fp + tn)),
        "crossValidatedMissedShare": mean(lambda tp, fp, fn, tn, nab, changes, found: fn / (fn + tp)),
        "crossValidatedNab": mean(lambda tp, fp, fn, tn, nab, changes, found: 100 * (nab + changes) / (2 * changes)),
        "crossValidatedEventsFoundShare": mean(lambda tp, fp, fn, tn, nab, changes, found: found / len(shuffles[0]["counts"])),
        "crossValidationShuffles": len(shuffles),
    }


# As in edge/verdict/commission.ts.
SCALE_PART_MIN = 0.02
SCALE_MIN = 1e-6


def standardise(x):
    mean = x.mean(0)
    return (x - mean) / np.maximum(np.maximum(x.std(0), np.abs(mean) * SCALE_PART_MIN), SCALE_MIN)


def tensor(name, dims):
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)


def constant(name, value):
    return numpy_helper.from_array(np.array(value, dtype=np.float32), name)


def outer_inputs(c="C"):
    return [tensor(n, ["B", c]) for n in ("x", "mask", "mean", "scale", "floor")]


def outer_outputs(c="C"):
    return [tensor("score", ["B"]), tensor("share", ["B", c]), tensor("level", ["B", c])]


# The reference: where a channel has come to rest since commissioning. It follows slowly while the channel is calm, all but stands still
# while it is not, and never goes further than REFERENCE_MAX scales: what wears slowly is still found. When the evidence has fallen to RECOVERED of
# its peak, the fault is over and what it left behind (a warmer fluid) is taken as the new rest.
REFERENCE_SPAN = 400
HOT_SPAN = 3000
RESETTLE_SPAN = 20
REFERENCE_MAX = 5.0
RECOVERED = 0.3
CALM = 0.67  # of the limit: below it a peak is forgotten
REFERENCE_SETTINGS = {"referenceSpan": REFERENCE_SPAN, "hotSpan": HOT_SPAN, "resettleSpan": RESETTLE_SPAN, "referenceMax": REFERENCE_MAX, "recovered": RECOVERED, "calm": CALM}


def tail_nodes():
    """z, level, floor -> score (0.5 where the largest ratio of level to limit x floor is 1), share, and the next reference and peak."""
    n = helper.make_node
    return [
        n("Mul", ["floor", "limit"], ["bound"]),
        n("Div", ["level", "bound"], ["ratio"]),
        n("ReduceMax", ["ratio"], ["worst_2d"], axes=[1], keepdims=1),
        n("Squeeze", ["worst_2d", "axis1"], ["worst"]),
        n("Add", ["worst", "one"], ["worst_1"]),
        n("Div", ["worst", "worst_1"], ["score"]),
        n("Mul", ["ratio", "ratio"], ["power"]),
        n("ReduceSum", ["power", "axis1"], ["power_all"], keepdims=1),
        n("Add", ["power_all", "tiny"], ["power_sum"]),
        n("Div", ["power", "power_sum"], ["share"]),
        n("Max", ["peak_in", "worst_2d"], ["peak_now"]),
        n("Less", ["worst_2d", "calm"], ["is_calm"]),
        n("Where", ["is_calm", "zero", "peak_now"], ["peak_out"]),
        n("Mul", ["peak_out", "recovered"], ["recovered_at"]),
        n("Less", ["worst_2d", "recovered_at"], ["is_over"]),
        n("Greater", ["ratio", "one"], ["is_hot"]),
        n("Where", ["is_hot", "rate_hot", "rate_slow"], ["rate_usual"]),
        n("Where", ["is_over", "rate_fast", "rate_usual"], ["rate"]),
        n("Sub", ["z", "reference_in"], ["reference_step"]),
        n("Mul", ["reference_step", "rate"], ["reference_paced"]),
        n("Mul", ["reference_paced", "mask"], ["reference_move"]),
        n("Add", ["reference_in", "reference_move"], ["reference_free"]),
        n("Clip", ["reference_free", "reference_low", "reference_high"], ["reference_out"]),
    ]


def tail_constants(limit):
    axis1 = numpy_helper.from_array(np.array([1], dtype=np.int64), "axis1")
    values = {
        "limit": limit, "one": 1, "zero": 0, "tiny": 1e-12, "calm": CALM, "recovered": RECOVERED, "rate_slow": 2 / (REFERENCE_SPAN + 1), "rate_hot": 2 / (HOT_SPAN + 1),
        "rate_fast": 2 / (RESETTLE_SPAN + 1), "reference_low": -REFERENCE_MAX, "reference_high": REFERENCE_MAX,
    }
    return [*[constant(name, value) for name, value in values.items()], axis1]


def tail_states(c="C"):
    """Inputs, outputs."""
    return [tensor("reference_in", ["B", c]), tensor("peak_in", ["B", 1])], [tensor("reference_out", ["B", c]), tensor("peak_out", ["B", 1])]

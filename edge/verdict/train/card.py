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


def tensor(name, dims):
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)


def constant(name, value):
    return numpy_helper.from_array(np.array(value, dtype=np.float32), name)


def outer_inputs(c="C"):
    return [tensor(n, ["B", c]) for n in ("x", "mask", "mean", "scale", "floor")]


def outer_outputs(c="C"):
    return [tensor("score", ["B"]), tensor("share", ["B", c]), tensor("level", ["B", c])]


def tail_nodes():
    """level, floor, limit -> score (0.5 where the largest ratio is 1) and share."""
    n = helper.make_node
    return [
        n("Mul", ["floor", "limit"], ["bound"]),
        n("Div", ["level", "bound"], ["ratio"]),
        n("ReduceMax", ["ratio"], ["worst"], axes=[1], keepdims=0),
        n("Add", ["worst", "one"], ["worst_1"]),
        n("Div", ["worst", "worst_1"], ["score"]),
        n("Mul", ["ratio", "ratio"], ["power"]),
        n("ReduceSum", ["power", "axis1"], ["power_all"], keepdims=1),
        n("Add", ["power_all", "tiny"], ["power_sum"]),
        n("Div", ["power", "power_sum"], ["share"]),
    ]


def tail_constants(limit):
    axis1 = numpy_helper.from_array(np.array([1], dtype=np.int64), "axis1")
    return [constant("limit", limit), constant("one", 1), constant("tiny", 1e-12), axis1]

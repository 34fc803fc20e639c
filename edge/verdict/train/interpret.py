"""
Runs a graph in numpy, float32, one row of every device at a time: what the kit itself says of a model, to tune it and to compare with
the runtime (check.bench.ts). Only the operators that this pack uses; another one is a KeyError with its name.
"""
import numpy as np
from onnx import helper, numpy_helper

F = np.float32


def sigmoid(x):
    return (1 / (1 + np.exp(-x))).astype(F)


def reduce(how):
    def run(a, x, axes=None):
        over = a.get("axes", None if axes is None else axes.tolist())
        return how(x, axis=tuple(over), keepdims=bool(a.get("keepdims", 1))).astype(x.dtype)
    return run


def gru(a, x, w, r, b, _lengths, h):
    """One step; ONNX orders its gates z, r, h; linear_before_reset = 1."""
    n = a["hidden_size"]
    gx, gh = x[0] @ w[0].T + b[0][: 3 * n], h[0] @ r[0].T + b[0][3 * n :]
    update, reset = sigmoid(gx[:, :n] + gh[:, :n]), sigmoid(gx[:, n : 2 * n] + gh[:, n : 2 * n])
    candidate = np.tanh(gx[:, 2 * n :] + reset * gh[:, 2 * n :])
    new = (1 - update) * candidate + update * h[0]
    return new[None, None], new[None]


def lstm(a, x, w, r, b, _lengths, h, c):
    """One step; ONNX orders its gates i, o, f, c."""
    n = a["hidden_size"]
    g = x[0] @ w[0].T + b[0][: 4 * n] + h[0] @ r[0].T + b[0][4 * n :]
    i, o, f, k = sigmoid(g[:, :n]), sigmoid(g[:, n : 2 * n]), sigmoid(g[:, 2 * n : 3 * n]), np.tanh(g[:, 3 * n :])
    cell = f * c[0] + i * k
    new = o * np.tanh(cell)
    return new[None, None], new[None], cell[None]


def trees(a, x):
    """Sum over the trees of the leaf reached; BRANCH_LEQ goes to the true side."""
    modes, ids = a["nodes_modes"], list(zip(a["nodes_treeids"], a["nodes_nodeids"]))
    at = {key: k for k, key in enumerate(ids)}
    leaf = dict(zip(zip(a["target_treeids"], a["target_nodeids"]), a["target_weights"]))
    out = np.zeros((len(x), 1), F)
    for tree in sorted(set(a["nodes_treeids"])):
        node = np.zeros(len(x), int)
        for _ in range(32):
            for here in set(node.tolist()):
                k = at[(tree, here)]
                if modes[k] == b"LEAF":
                    continue
                rows = node == here
                node[rows] = np.where(x[rows, a["nodes_featureids"][k]] <= F(a["nodes_values"][k]), a["nodes_truenodeids"][k], a["nodes_falsenodeids"][k])
        out[:, 0] += np.array([leaf[(tree, k)] for k in node.tolist()], F)
    return out + F(a.get("base_values", [0.0])[0])


OPS = {
    "Add": lambda a, x, y: x + y, "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y, "Div": lambda a, x, y: x / y,
    "Abs": lambda a, x: np.abs(x), "Neg": lambda a, x: -x, "Sqrt": lambda a, x: np.sqrt(x), "Log": lambda a, x: np.log(x), "Exp": lambda a, x: np.exp(x),
    "Pow": lambda a, x, y: np.power(x, y), "Tanh": lambda a, x: np.tanh(x), "Sigmoid": lambda a, x: sigmoid(x), "Relu": lambda a, x: np.maximum(x, F(0)),
    "Min": lambda a, *x: np.minimum.reduce(np.broadcast_arrays(*x)), "Max": lambda a, *x: np.maximum.reduce(np.broadcast_arrays(*x)),
    "Clip": lambda a, x, low, high: np.minimum(np.maximum(x, low), high), "Identity": lambda a, x: x,
    "Greater": lambda a, x, y: x > y, "Less": lambda a, x, y: x < y, "GreaterOrEqual": lambda a, x, y: x >= y, "LessOrEqual": lambda a, x, y: x <= y,
    "Equal": lambda a, x, y: x == y, "And": lambda a, x, y: x & y, "Or": lambda a, x, y: x | y, "Not": lambda a, x: ~x,
    "Where": lambda a, k, x, y: np.where(k, x, y), "Cast": lambda a, x: x.astype(F if a["to"] == 1 else np.int64 if a["to"] == 7 else bool),
    "ReduceMax": reduce(np.max), "ReduceSum": reduce(np.sum), "ReduceMean": reduce(np.mean),
    "Squeeze": lambda a, x, axes: np.squeeze(x, tuple(axes.tolist())), "Unsqueeze": lambda a, x, axes: np.expand_dims(x, tuple(axes.tolist())),
    "Split": lambda a, x, widths: np.split(x, np.cumsum(widths)[:-1], a["axis"]), "Concat": lambda a, *x: np.concatenate(x, a["axis"]), "Gather": lambda a, x, i: np.take(x, i, a.get("axis", 0)),
    "MatMul": lambda a, x, y: x @ y, "Gemm": lambda a, x, w, b: x @ (w.T if a.get("transB") else w) + b,
    "GRU": gru, "LSTM": lstm, "TreeEnsembleRegressor": trees,
}
SEVERAL = {"GRU", "LSTM", "Split"}


class Interpreter:
    def __init__(self, model):
        self.constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
        self.steps = [(OPS[n.op_type], {k.name: helper.get_attribute_value(k) for k in n.attribute}, list(n.input), list(n.output), n.op_type in SEVERAL) for n in model.graph.node]
        self.widths = {i.name[: -len("_in")]: i.type.tensor_type.shape.dim[1] for i in model.graph.input if i.name.endswith("_in")}

    def zeros(self, rows, channels):
        return {name: np.zeros((rows, dim.dim_value or channels), F) for name, dim in self.widths.items()}

    def step(self, feeds, states):
        """One row of each device; answers all values by name, and the next states."""
        known = dict(self.constants)
        known[""] = None
        known.update(feeds)
        known.update({f"{name}_in": value for name, value in states.items()})
        with np.errstate(all="ignore"):
            for run, attributes, ins, outs, several in self.steps:
                made = run(attributes, *[known[i] for i in ins])
                if several:
                    known.update({name: value for name, value in zip(outs, made) if name})
                else:
                    known[outs[0]] = made
        return known, {name: known[f"{name}_out"] for name in states}


def run(model, x, mean, scale, floor, states=None, watch=("score",)):
    """`x` is [rows, devices, channels] with NaN for gaps; mean, scale, floor are [devices, channels]. Answers watched outputs, [rows, …], and the states."""
    interpreter = Interpreter(model)
    states = states or interpreter.zeros(*x.shape[1:])
    fixed = {"mean": mean.astype(F), "scale": scale.astype(F), "floor": floor.astype(F)}
    out = {name: [] for name in watch}
    for row in x:
        seen = ~np.isnan(row)
        known, states = interpreter.step({"x": np.where(seen, row, 0).astype(F), "mask": seen.astype(F), **fixed}, states)
        for name in watch:
            out[name].append(known[name])
    return {name: np.stack(values) for name, values in out.items()}, states

"""
Gradient-boosted regression trees in numpy (Friedman 2001), logistic loss, histogram splits; and their export as one TreeEnsembleRegressor.
Seeded: rows and columns of each tree are drawn. Splits lie between float32 values, so that a row takes the same way here and in the runtime.
"""
import numpy as np
from onnx import helper
from graph import TREES

SETTINGS = {"trees": 40, "depth": 3, "rate": 0.1, "bins": 32, "rows": 0.5, "columns": 0.7, "l2": 20.0, "leafMin": 60, "seed": 7}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Forest:
    def __init__(self, base, trees):
        self.base, self.trees = base, trees

    def raw(self, x):
        out = np.full(len(x), self.base)
        for tree in self.trees:
            node = np.zeros(len(x), int)
            for _ in range(SETTINGS["depth"]):
                feature, cut, left, right = tree["feature"][node], tree["cut"][node], tree["left"][node], tree["right"][node]
                inner = feature >= 0
                goes = np.where(x[np.arange(len(x)), np.maximum(feature, 0)] <= cut, left, right)
                node = np.where(inner, goes, node)
            out += tree["value"][node]
        return out


def fit(x, y, weight, s=SETTINGS):
    """`x` [rows, features], `y` 0 or 1, `weight` of each row."""
    x = x.astype(np.float32)
    rng = np.random.default_rng(s["seed"])
    cuts = [np.unique(np.quantile(column, np.linspace(0, 1, s["bins"] + 1)[1:-1]).astype(np.float32)) for column in x.T]
    binned = np.stack([np.searchsorted(c, column, side="left") for c, column in zip(cuts, x.T)], 1)
    prior = np.average(y, weights=weight)
    base = float(np.log(prior / (1 - prior)))
    raw, trees = np.full(len(x), base), []
    for _ in range(s["trees"]):
        p = sigmoid(raw)
        gradient, hessian = weight * (y - p), weight * p * (1 - p)
        rows = np.where(rng.random(len(x)) < s["rows"])[0]
        columns = np.sort(rng.permutation(x.shape[1])[: max(1, int(round(s["columns"] * x.shape[1])))])
        tree = {"feature": [], "cut": [], "left": [], "right": [], "value": []}
        grow(tree, binned, cuts, gradient, hessian, rows, columns, s["depth"], s)
        tree = {k: np.array(v) for k, v in tree.items()}
        trees.append(tree)
        raw += Forest(0.0, [tree]).raw(x)
    return Forest(base, trees)


def grow(tree, binned, cuts, gradient, hessian, rows, columns, depth, s):
    at = len(tree["value"])
    g, h = gradient[rows].sum(), hessian[rows].sum()
    for key, value in (("feature", -1), ("cut", 0.0), ("left", 0), ("right", 0), ("value", s["rate"] * g / (h + s["l2"]))):
        tree[key].append(value)
    best = (1e-9, None, None)
    if depth > 0 and len(rows) >= 2 * s["leafMin"]:
        for c in columns:
            k = len(cuts[c]) + 1
            b = binned[rows, c]
            gl, hl, nl = [np.cumsum(np.bincount(b, w, k))[:-1] for w in (gradient[rows], hessian[rows], None)]
            gain = gl**2 / (hl + s["l2"]) + (g - gl) ** 2 / (h - hl + s["l2"]) - g**2 / (h + s["l2"])
            gain[(nl < s["leafMin"]) | (len(rows) - nl < s["leafMin"])] = 0
            if len(gain) and gain.max() > best[0]:
                best = (gain.max(), c, int(gain.argmax()))
    if best[1] is None:
        return at
    goes = binned[rows, best[1]] <= best[2]
    tree["feature"][at], tree["cut"][at] = int(best[1]), float(cuts[best[1]][best[2]])
    tree["left"][at] = grow(tree, binned, cuts, gradient, hessian, rows[goes], columns, depth - 1, s)
    tree["right"][at] = grow(tree, binned, cuts, gradient, hessian, rows[~goes], columns, depth - 1, s)
    return at


def node_of(forest, features, out):
    """One TreeEnsembleRegressor: [B, features] to [B, 1], before the logistic function."""
    a = {k: [] for k in ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values", "nodes_truenodeids", "nodes_falsenodeids", "target_treeids", "target_nodeids", "target_ids", "target_weights")}
    for t, tree in enumerate(forest.trees):
        for k in range(len(tree["value"])):
            leaf = tree["feature"][k] < 0
            for key, value in (("treeids", t), ("nodeids", k), ("featureids", 0 if leaf else int(tree["feature"][k])), ("modes", "LEAF" if leaf else "BRANCH_LEQ"), ("values", float(tree["cut"][k])), ("truenodeids", int(tree["left"][k])), ("falsenodeids", int(tree["right"][k]))):
                a[f"nodes_{key}"].append(value)
            if leaf:
                for key, value in (("treeids", t), ("nodeids", k), ("ids", 0), ("weights", float(tree["value"][k]))):
                    a[f"target_{key}"].append(value)
    return helper.make_node("TreeEnsembleRegressor", [features], [out], domain=TREES, n_targets=1, base_values=[forest.base], **a)

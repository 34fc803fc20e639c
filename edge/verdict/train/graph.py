"""Writes a graph as expressions: `g.Add(a, b)` makes a node and answers its output's name; a number becomes a constant, once."""
import numpy as np
from onnx import helper, numpy_helper
from card import OPSET, constant, outer_inputs, outer_outputs, tensor

TREES = "ai.onnx.ml"
TREES_OPSET = 3


class Graph:
    """Expressions to nodes; a number becomes a constant."""

    def __init__(self):
        self.nodes, self.constants, self.known = [], [], {}

    def value(self, x):
        if isinstance(x, str):
            return x
        key = (np.shape(x), tuple(np.ravel(x).tolist()))
        if key not in self.known:
            self.known[key] = f"k{len(self.known)}"
            self.constants.append(constant(self.known[key], x))
        return self.known[key]

    def indices(self, x):
        """An int64 constant, as axes and gathered positions are."""
        key = ("int64", tuple(x))
        if key not in self.known:
            self.known[key] = f"i{len(self.known)}"
            self.constants.append(numpy_helper.from_array(np.array(x, dtype=np.int64), self.known[key]))
        return self.known[key]

    def op(self, kind, *ins, out=None, **attributes):
        out = out or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.value(i) for i in ins], [out], **attributes))
        return out

    def several(self, kind, ins, outs, **attributes):
        """A node with more than one output; an empty name is an output nobody asks for, or an input left out."""
        self.nodes.append(helper.make_node(kind, ins, outs, **attributes))

    def __getattr__(self, kind):
        return lambda *ins, **attributes: self.op(kind, *ins, **attributes)

    def within(self, x, low, high):
        return self.Max(low, self.Min(x, high))

    def both(self, *flags):
        out = flags[0]
        for flag in flags[1:]:
            out = self.And(out, flag)
        return out

    def towards(self, x, target, rate, out=None):
        return self.Add(x, self.Mul(rate, self.Sub(target, x)), out=out)

    def worst(self, x):
        return self.ReduceMax(x, axes=[1], keepdims=1)

    def sum(self, x):
        return self.op("ReduceSum", x, self.indices([1]), keepdims=1)

    def narrow(self, x, out):
        """[B, 1] to [B]."""
        return self.op("Squeeze", x, self.indices([1]), out=out)

    def shares(self, power, out="share"):
        """Each channel's part of the evidence, of what is [B, C] and not negative."""
        return self.Div(power, self.Add(self.sum(power), 1e-12), out=out)

    def model(self, name, states, c="C"):
        """The whole with the outer signature; `states` is a list of (name, width), each with its `…_in` and `…_out`."""
        ins = [*outer_inputs(c), *[tensor(f"{n}_in", ["B", w]) for n, w in states]]
        outs = [*outer_outputs(c), *[tensor(f"{n}_out", ["B", w]) for n, w in states]]
        domains = {node.domain for node in self.nodes}
        opsets = [helper.make_opsetid("", OPSET), *([helper.make_opsetid(TREES, TREES_OPSET)] if TREES in domains else [])]
        model = helper.make_model(helper.make_graph(self.nodes, name, ins, outs, self.constants), opset_imports=opsets, producer_name="outpost")
        model.ir_version = 8
        return model


def rate(span):
    return 2 / (span + 1)

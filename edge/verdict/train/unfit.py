"""Builds fixtures/: nan.onnx answers no number at once, late.onnx only where a value is above 100,000, lacking.onnx asks for an operator that no runtime has, eager.onnx calls everything beyond one scale a fault."""
import os
import numpy as np
from onnx import helper, numpy_helper
from card import OPSET, constant, outer_inputs, outer_outputs, save, tensor

n = helper.make_node
axis1 = numpy_helper.from_array(np.array([1], dtype=np.int64), "axis1")
rest = [n("Identity", ["level"], ["share"]), n("Identity", ["none_in"], ["none_out"])]
worst = [n("Sub", ["x", "mean"], ["off"]), n("Mul", ["off", "mask"], ["known"]), n("Div", ["known", "scale"], ["z"]), n("Abs", ["z"], ["level"])]
graphs = {
    "nan": ("no number at once", [n("Mul", ["x", "zero"], ["nothing"]), n("Div", ["nothing", "zero"], ["level"]), n("ReduceSum", ["level", "axis1"], ["score"], keepdims=0)], [constant("zero", 0)]),
    "late": (
        "no number where a value is above 100,000",
        [n("Sub", ["much", "x"], ["left"]), n("Sqrt", ["left"], ["root"]), n("Mul", ["root", "zero"], ["level"]), n("ReduceSum", ["level", "axis1"], ["score"], keepdims=0)],
        [constant("zero", 0), constant("much", 100_000)],
    ),
    "lacking": ("an operator that no runtime has", [n("Guess", ["x"], ["level"], domain="nowhere"), n("ReduceSum", ["level", "axis1"], ["score"], keepdims=0)], []),
    "eager": (
        "anything beyond one scale is a fault",
        [*worst, n("Mul", ["level", "half"], ["part"]), n("ReduceMax", ["part"], ["most"], axes=[1], keepdims=0), n("Clip", ["most", "zero", "one"], ["score"])],
        [constant("half", 0.5), constant("zero", 0), constant("one", 1)],
    ),
}

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    for name, (title, nodes, constants) in graphs.items():
        graph = helper.make_graph([*nodes, *rest], name, [*outer_inputs(), tensor("none_in", ["B", 1])], [*outer_outputs(), tensor("none_out", ["B", 1])], [axis1, *constants])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("nowhere", 1)], producer_name="outpost")
        model.ir_version = 8
        save(model, os.path.join(here, "..", "fixtures"), {"name": name, "version": 1, "title": title, "data": "none", "settings": {}, "metrics": {}})

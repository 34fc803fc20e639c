"""Builds fixtures/constant.onnx, the outer signature with no model behind it: it always answers 0, so nothing that depends on a model may happen. And fixtures/other.onnx, which is no scorer."""
import os
import numpy as np
from onnx import helper, numpy_helper
from card import OPSET, constant, outer_inputs, outer_outputs, save, tensor

n = helper.make_node
nodes = [n("Mul", ["x", "zero"], ["level"]), n("Identity", ["level"], ["share"]), n("ReduceSum", ["level", "axis1"], ["score"], keepdims=0), n("Identity", ["none_in"], ["none_out"])]

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    axis1 = numpy_helper.from_array(np.array([1], dtype=np.int64), "axis1")
    graph = helper.make_graph(nodes, "constant", [*outer_inputs(), tensor("none_in", ["B", 1])], [*outer_outputs(), tensor("none_out", ["B", 1])], [constant("zero", 0), axis1])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="outpost")
    model.ir_version = 8
    save(model, os.path.join(here, "..", "fixtures"), {"name": "constant", "version": 1, "title": "always 0", "data": "none", "settings": {}, "metrics": {}})
    other = helper.make_model(helper.make_graph([n("ReduceSum", ["x", "axis1"], ["score"], keepdims=0)], "other", [tensor("x", ["B", "C"])], [tensor("score", ["B"])], [axis1]), opset_imports=[helper.make_opsetid("", OPSET)], producer_name="outpost")
    other.ir_version = 8
    save(other, os.path.join(here, "..", "fixtures"), {"name": "other", "version": 1, "title": "a graph that is not a scorer's", "data": "none", "settings": {}, "metrics": {}})

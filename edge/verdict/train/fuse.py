"""
One tensor for all states of a graph. Every tensor that goes into the runtime or comes out of it has its price, whatever it holds: with thirty
states that is a third of a small call. Inside the graph nothing changes, and the one state is what the many are side by side, in the order of their names.
"""
import numpy as np
from onnx import helper, numpy_helper
from card import tensor

NAME = "state"


def fused(model):
    graph = model.graph
    state = lambda value: value.name.endswith("_in")
    widths = sorted((v.name, v.type.tensor_type.shape.dim[1].dim_value) for v in graph.input if state(v))
    names = [name for name, _ in widths]
    outs = [f"{name[: -len('_in')]}_out" for name in names]
    width = sum(w for _, w in widths)
    nodes = [
        helper.make_node("Split", [f"{NAME}_in", "state_widths"], names, axis=1),
        *graph.node,
        helper.make_node("Concat", outs, [f"{NAME}_out"], axis=1),
    ]
    given = [*[v for v in graph.input if not state(v)], tensor(f"{NAME}_in", ["B", width])]
    told = [*[v for v in graph.output if v.name not in outs], tensor(f"{NAME}_out", ["B", width])]
    constants = [*graph.initializer, numpy_helper.from_array(np.array([w for _, w in widths], dtype=np.int64), "state_widths")]
    out = helper.make_model(helper.make_graph(nodes, graph.name, given, told, constants), opset_imports=model.opset_import, producer_name=model.producer_name)
    out.ir_version = model.ir_version
    return out

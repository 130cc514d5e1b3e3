"""The onnxruntime peer: the network as an ONNX graph of Gemm, Relu and Softmax, run by ONNX Runtime."""

import importlib
import importlib.metadata
from typing import Any

import numpy as np

from benchmarks.jobs import Task
from benchmarks.peers import Run


def version() -> str:
    return f"ONNX Runtime {importlib.metadata.version('onnxruntime')}"


def _model(onnx: Any, task: Task) -> bytes:
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    nodes, constants, last = [], [], len(task.parameters) - 1
    name, number = "x", onnx.TensorProto.FLOAT
    of_bytes = task.x.dtype == np.uint8
    if of_bytes:
        nodes.append(helper.make_node("Cast", ["x"], ["numbers"], to=number))
        name = "numbers"
    for index, (weights, bias) in enumerate(task.parameters):
        constants += [numpy_helper.from_array(weights, f"w{index}"), numpy_helper.from_array(bias[0], f"b{index}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{index}", f"b{index}"], [f"sums{index}"]))
        name = "y" if index == last else f"outputs{index}"
        nodes.append(helper.make_node("Softmax" if index == last else "Relu", [f"sums{index}"], [name]))
    kind = onnx.TensorProto.UINT8 if of_bytes else number
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, [task.batch_size, task.rows.shape[1]])],
        [helper.make_tensor_value_info("y", number, [task.batch_size, task.y.shape[1]])],
        constants,
    )
    # Old enough versions for any ONNX Runtime of the last years.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def setup(task: Task) -> Run:
    onnx: Any = importlib.import_module("onnx")
    importlib.import_module("onnx.helper")
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = task.threads
    options.inter_op_num_threads = 1
    session = runtime.InferenceSession(_model(onnx, task), options, providers=["CPUExecutionProvider"])
    x = np.ascontiguousarray(task.rows)
    calls = [{"x": x[rows]} for rows in task.batches]
    names = ["y"]

    def run() -> Any:
        outputs: list[Any] = []
        for _ in range(task.epochs):
            outputs = [session.run(names, call)[0] for call in calls]
        return outputs

    return Run(run, values=lambda outputs: np.concatenate(outputs).astype(np.float64))

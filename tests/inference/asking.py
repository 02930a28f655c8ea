"""Asks with tritonclient, and reads and writes with MLServer's types: `asking.py PORT`; prints JSON.

Run in an environment of theirs, with rows on the standard input.
"""

import json
import sys
import urllib.request

import numpy as np
import tritonclient.http as triton
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataModelResponse
from tritonclient.utils import InferenceServerException

MODEL = "anomaly_detection"
BEHAVIOUR = "user_behavior"


def tails(client, rows, binary_in, binary_out):
    asked = triton.InferInput("vectors", rows.shape, "FP32" if rows.dtype == np.float32 else "FP64")
    asked.set_data_from_numpy(rows, binary_data=binary_in)
    outputs = [triton.InferRequestedOutput("tail_probability", binary_data=binary_out)]
    answer = client.infer(MODEL, [asked], outputs=outputs, request_id="7", request_compression_algorithm="gzip")
    assert answer.get_response()["id"] == "7"
    return answer.as_numpy("tail_probability").tolist()


def refusal(call):
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


def by_mlserver(port, rows):
    request = InferenceRequest(id="8", inputs=[NumpyCodec.encode_input("vectors", rows)])
    address = f"http://127.0.0.1:{port}/v2/models/{MODEL}"
    with urllib.request.urlopen(address) as answer:
        MetadataModelResponse.model_validate_json(answer.read())
    with urllib.request.urlopen(f"{address}/infer", request.model_dump_json().encode()) as answer:  # noqa: S310 - the address is ours
        response = InferenceResponse.model_validate_json(answer.read())
    assert response.id == "8"
    return NumpyCodec.decode_output(response.outputs[1]).ravel().tolist()


def kinds(client, port, rows):
    """Of users: what each is called, by both clients' metadata, and by both clients' answers."""
    named = {
        "triton": client.get_model_metadata(BEHAVIOUR)["outputs"][0]["parameters"],
    }
    address = f"http://127.0.0.1:{port}/v2/models/{BEHAVIOUR}"
    with urllib.request.urlopen(address) as answer:
        metadata = MetadataModelResponse.model_validate_json(answer.read())
    named["mlserver"] = metadata.outputs[0].parameters.model_dump(exclude_none=True)
    asked = triton.InferInput("usual", rows.shape, "FP64")
    asked.set_data_from_numpy(rows)
    request = InferenceRequest(inputs=[NumpyCodec.encode_input("usual", rows)])
    with urllib.request.urlopen(f"{address}/infer", request.model_dump_json().encode()) as answer:  # noqa: S310 - the address is ours
        response = InferenceResponse.model_validate_json(answer.read())
    found = {
        "triton": client.infer(BEHAVIOUR, [asked]).as_numpy("cluster").tolist(),
        "mlserver": NumpyCodec.decode_output(response.outputs[0]).ravel().tolist(),
    }
    return {who: [named[who][str(int(number))] for number in found[who]] for who in found}


def main():
    port = int(sys.argv[1])
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    given = json.load(sys.stdin)
    rows = np.array(given["vectors"])
    metadata = client.get_model_metadata(MODEL)
    version = metadata["versions"][0]
    wrong = triton.InferInput("vectors", [1, 3], "FP32")
    wrong.set_data_from_numpy(np.zeros((1, 3), dtype=np.float32))
    found = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(MODEL) and client.is_model_ready(MODEL, version),
        "unknown_ready": client.is_model_ready("weather"),
        "extensions": client.get_server_metadata()["extensions"],
        "version": version,
        "triton": [
            tails(client, rows.astype(kind), binary_in, binary_out)
            for kind in (np.float32, np.float64)
            for binary_in, binary_out in ((True, True), (False, False), (True, False), (False, True))
            if kind is np.float32 or binary_in
        ],
        "mlserver": by_mlserver(port, rows),
        "kinds": kinds(client, port, np.array(given["users"])),
        "wrong": refusal(lambda: client.infer(MODEL, [wrong])),
        "unknown": refusal(lambda: client.infer(MODEL, [wrong], model_version="1")),
        "repository": refusal(client.get_model_repository_index),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

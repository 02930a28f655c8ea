"""Models by the Open Inference Protocol v2, over REST, with Triton's extension for binary tensors.

The domain (every module but `endpoint`) does no I/O: a body becomes arrays (`request`, `tensors`), arrays become a
body (`answer`). A model is whatever is a `Servable`; `catalogue` finds one by name and version.

Sources: kserve/open-inference-protocol, specification/protocol/inference_rest.md; triton-inference-server/server,
docs/protocol/extension_binary_data.md.
"""

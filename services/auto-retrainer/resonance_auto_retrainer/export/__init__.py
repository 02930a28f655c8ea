"""From trained detectors to one ONNX file: see `ensemble`."""

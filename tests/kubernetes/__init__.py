"""The manifests of deploy/kubernetes: what they build is valid, agrees with the Compose project, and holds together."""

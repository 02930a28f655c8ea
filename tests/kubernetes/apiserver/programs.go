//go:build programs

// Package programs names what is built here: the API server of Kubernetes, and the etcd that it keeps objects in.
package programs

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)

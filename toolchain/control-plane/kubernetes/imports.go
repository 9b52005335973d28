//go:build tools

// Package imports pins the modules of Kubernetes' control plane, for the tests that run one.
package imports

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
)

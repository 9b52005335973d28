//go:build tools

// Package imports pins the modules of KWOK, which plays nodes and pods for the tests that run a control plane.
package imports

import _ "sigs.k8s.io/kwok/cmd/kwok"

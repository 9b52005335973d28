//go:build tools

// Package imports pins the Pulumi CLI's modules, for machines that cannot download its official binary.
package imports

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"

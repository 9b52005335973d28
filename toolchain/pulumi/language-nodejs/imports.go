//go:build tools

// Package imports pins the Node language host's modules: the last release of it that the module proxy serves.
package imports

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"

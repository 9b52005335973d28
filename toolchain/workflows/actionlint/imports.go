//go:build tools

// Package imports pins the modules of actionlint, which checks the workflows.
package imports

import _ "github.com/rhysd/actionlint/cmd/actionlint"

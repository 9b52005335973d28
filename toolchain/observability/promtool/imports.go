//go:build tools

// Package imports pins the modules of promtool, with which the tests check dashboards and alerts.
package imports

import _ "github.com/prometheus/prometheus/cmd/promtool"

//go:build tools

// Package imports pins the modules of VictoriaLogs, which stores the logs and spans of the process runtime.
package imports

import _ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"

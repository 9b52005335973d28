//go:build tools

// Package imports pins the modules of VictoriaMetrics and vmalert, which store metrics and evaluate alerts in the process runtime.
package imports

import (
	_ "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics"
	_ "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert"
)

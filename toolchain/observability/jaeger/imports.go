//go:build tools

// Package imports pins the modules of Jaeger, which keeps the traces of the process runtime's full profile as well.
package imports

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"

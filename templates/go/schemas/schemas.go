// Package schemas holds the Avro schemas of the events as this service knows them. The platform owns and registers them.
package schemas

import _ "embed"

//go:embed V1_SYSTEM.avsc
var V1System string

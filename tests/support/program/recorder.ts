import { useOwnServices } from "./own-services.ts";

/**
 * `node tests/support/program/recorder.ts STACK CONFIG`: as cli/program/recorder.ts, for a program
 * with the services of this repository alone.
 */
useOwnServices();
await import("../../../cli/program/recorder.ts");

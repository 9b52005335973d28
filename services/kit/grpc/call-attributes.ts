import { ERROR_TYPE, RPC_METHOD, RPC_STATUS_CODE, RPC_SYSTEM_NAME } from "../telemetry/attributes.ts";
import type { SpanAttributes } from "../telemetry/span.ts";

/**
 * What a span says of a gRPC call.
 *
 * @param code connect's name of the outcome, such as `NotFound`
 * @param failed whether the side that records the span counts the outcome as an error
 */
export function callAttributes(service: string, method: string, code: string, failed: boolean): SpanAttributes {
  const status = standardStatus(code);
  return {
    [RPC_SYSTEM_NAME]: "grpc",
    [RPC_METHOD]: `${service}/${method}`,
    [RPC_STATUS_CODE]: status,
    ...(failed ? { [ERROR_TYPE]: status } : {}),
  };
}

/** gRPC's spelling of a code: `NOT_FOUND`, and with two L `CANCELLED`. */
function standardStatus(code: string): string {
  return code === "Canceled" ? "CANCELLED" : code.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

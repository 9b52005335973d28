import type * as stable from "@opentelemetry/semantic-conventions";
import type * as incubating from "@opentelemetry/semantic-conventions/incubating";

/**
 * Names of span attributes. The compiler compares them with the package of OpenTelemetry's semantic
 * conventions. At run time the package is not loaded: it would cost a service 3 to 7 MB.
 */
export const HTTP_REQUEST_METHOD: typeof stable.ATTR_HTTP_REQUEST_METHOD = "http.request.method";
export const HTTP_RESPONSE_STATUS_CODE: typeof stable.ATTR_HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
export const HTTP_ROUTE: typeof stable.ATTR_HTTP_ROUTE = "http.route";
export const URL_SCHEME: typeof stable.ATTR_URL_SCHEME = "url.scheme";

export const RPC_SYSTEM_NAME: typeof stable.ATTR_RPC_SYSTEM_NAME = "rpc.system.name";
export const RPC_METHOD: typeof stable.ATTR_RPC_METHOD = "rpc.method";
export const RPC_STATUS_CODE: typeof stable.ATTR_RPC_STATUS_CODE = "rpc.status_code";

export const MESSAGING_SYSTEM_NAME: typeof incubating.ATTR_MESSAGING_SYSTEM_NAME = "messaging.system.name";
export const MESSAGING_OPERATION_NAME: typeof incubating.ATTR_MESSAGING_OPERATION_NAME = "messaging.operation.name";
export const MESSAGING_OPERATION_TYPE: typeof incubating.ATTR_MESSAGING_OPERATION_TYPE = "messaging.operation.type";
export const MESSAGING_DESTINATION_NAME: typeof incubating.ATTR_MESSAGING_DESTINATION_NAME =
  "messaging.destination.name";
export const MESSAGING_CONSUMER_GROUP_NAME: typeof incubating.ATTR_MESSAGING_CONSUMER_GROUP_NAME =
  "messaging.consumer.group.name";
export const MESSAGING_BATCH_MESSAGE_COUNT: typeof incubating.ATTR_MESSAGING_BATCH_MESSAGE_COUNT =
  "messaging.batch.message_count";

export const DB_SYSTEM_NAME: typeof stable.ATTR_DB_SYSTEM_NAME = "db.system.name";
export const DB_OPERATION_NAME: typeof stable.ATTR_DB_OPERATION_NAME = "db.operation.name";
export const DB_COLLECTION_NAME: typeof stable.ATTR_DB_COLLECTION_NAME = "db.collection.name";
export const ERROR_TYPE: typeof stable.ATTR_ERROR_TYPE = "error.type";
export const SERVICE_NAME: typeof stable.ATTR_SERVICE_NAME = "service.name";
export const SERVICE_VERSION: typeof stable.ATTR_SERVICE_VERSION = "service.version";

/** The platform's own: the number of the tenant. */
export const TENANT_ID = "tenant.id";

/** @param tenantId 0 if there is none */
export function tenantAttributes(tenantId: number): { [TENANT_ID]?: number } {
  return tenantId > 0 ? { [TENANT_ID]: tenantId } : {};
}

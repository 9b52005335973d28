import { MissingServiceError } from "../../clients/errors.ts";
import type { Handler } from "../../dynamic-resource.ts";

/**
 * A resource that ends with its server: once the cluster has no such Service, a refresh finds it
 * gone, and nothing is left to delete. A server that only does not answer fails a refresh.
 */
export function endingWithItsServer<Inputs, Outputs extends Inputs>(
  handler: Handler<Inputs, Outputs>,
): Handler<Inputs, Outputs> {
  const ifMissing =
    <T>(value: T) =>
    (error: unknown): T => {
      if (error instanceof MissingServiceError) return value;
      throw error;
    };
  return {
    ...handler,
    read: (id, props) => handler.read(id, props).catch(ifMissing({ id: "", props })),
    delete: (id, props) => handler.delete(id, props).catch(ifMissing(undefined)),
  };
}

import type { IncomingMessage } from "node:http";
import { readBody } from "../../../collector/http/body.ts";
import { PageError } from "../../model/page-error.ts";

/** @throws {@link PageError} 400 unless it is a JSON object */
export async function readJsonObject(request: IncomingMessage, limit: number): Promise<Record<string, unknown>> {
  const body = await readBody(request, limit);
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below.
  }
  throw new PageError(400, "The request must hold a JSON object");
}

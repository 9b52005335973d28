import { UserError } from "../../user-error.ts";
import { readBody } from "../http/body.ts";
import { HttpError } from "../http/http-error.ts";
import type { Handler } from "../http/server.ts";
import type { Notifier } from "./notifier.ts";

const MAX_BODY_BYTES = 4 << 20;

/** `POST /api/v2/alerts` as vmalert calls Alertmanager, and Alertmanager's webhook. */
export function createAlertRoute(notifier: Notifier): Handler {
  return async (request, response) => {
    if (request.method !== "POST") throw new HttpError(405, "Send alerts with POST");
    // A page of a foreign site cannot send this type without being asked.
    if (!request.headers["content-type"]?.startsWith("application/json"))
      throw new HttpError(415, "Send alerts as application/json");
    const body = await readBody(request, MAX_BODY_BYTES);
    try {
      notifier.receive(JSON.parse(body.toString("utf8")));
    } catch (error) {
      if (error instanceof UserError) throw new HttpError(400, error.message);
      if (error instanceof SyntaxError) throw new HttpError(400, "The body is no JSON: send a list of alerts");
      throw error;
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  };
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseRequestTarget } from "@plinth/local/request-target.ts";

export interface FakeRequest {
  path: string;
  query: URLSearchParams;
  tenant: string | undefined;
}

/** An answer as JSON, with a status; "hang" answers nothing. */
export type FakeAnswer = { status?: number; body: unknown } | "hang";

/** A store that cannot be run here, such as Loki: gives the documented answers of a test. */
export async function startFakeStore(answer: (request: FakeRequest) => FakeAnswer) {
  const requests: FakeRequest[] = [];
  const server = createServer((request, response) => {
    const { path, query } = parseRequestTarget(request.url);
    const asked = { path, query, tenant: request.headers["x-scope-orgid"]?.toString() };
    requests.push(asked);
    const given = answer(asked);
    if (given === "hang") return;
    response.writeHead(given.status ?? 200, { "content-type": "application/json" });
    response.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

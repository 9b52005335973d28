import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describeCaught, isInstance, readField } from "@plinth/local/caught-value.ts";
import { toListener } from "@plinth/local/collector/http/server.ts";
import { describeError } from "@plinth/local/page/server/http/answers.ts";
import { createRegistryServer } from "@plinth/local/schema-registry/server.ts";
import { errorCode, errorReason, isLostConnection, isSilence } from "@plinth/providers/clients/errors.ts";
import { oddValues } from "../../support/odd-values.ts";

describe("anything that is thrown in the local stack and its providers", () => {
  const takers: Record<string, (caught: unknown) => unknown> = {
    describeCaught,
    readField: (value) => readField(value, "code"),
    isInstance: (value) => isInstance(value, Error),
    "the page": (value) => describeError(value, () => undefined).status,
    errorCode,
    errorReason,
    isLostConnection,
    isSilence,
  };
  for (const [taker, take] of Object.entries(takers))
    it(`is taken by ${taker}`, () => {
      for (const [what, value] of oddValues()) assert.doesNotThrow(() => take(value), what);
    });

  let thrown: unknown;
  const fail = () => Promise.reject(thrown);
  const servers: Record<string, () => Server> = {
    "the registry": () => createRegistryServer([{ method: "GET", path: "/x", handle: fail }], () => undefined),
    "the collector": () => createServer(toListener(fail)),
  };
  for (const [name, create] of Object.entries(servers))
    it(`is answered by ${name} with 500`, async () => {
      const { log } = console;
      const server = create().listen(0, "127.0.0.1");
      await once(server, "listening");
      console.log = () => undefined;
      try {
        for (const [what, value] of oddValues()) {
          thrown = value;
          const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
          const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
          assert.equal(response.status, 500, what);
          assert.doesNotMatch(await response.text(), /must not be read|select|oops/, what);
        }
      } finally {
        console.log = log;
        server.close();
        server.closeAllConnections();
      }
    });
});

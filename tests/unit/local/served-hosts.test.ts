import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onlyUnder, toListener } from "@plinth/local/collector/http/server.ts";
import { createRegistryServer } from "@plinth/local/schema-registry/server.ts";
import { parseHostNames, serveHosts } from "@plinth/local/served-hosts.ts";

describe("hosts that a local server answers under", () => {
  const isServed = serveHosts(["plinth.test", ".svc"]);
  const own = ["localhost", "LOCALHOST:8081", "127.0.0.1:1", "[::1]", "[::1]:9", "a.localhost", "a.b.localhost:80"];
  const named = ["plinth.test", "Plinth.Test:80", "registry.dev.svc:8081"];
  for (const host of [...own, ...named]) it(`are ${host}`, () => assert.ok(isServed(host)));
  const foreign = ["evil.example", "localhost.evil.example", "evillocalhost", ".localhost", "127.0.0.1.nip.io"];
  for (const host of [...foreign, "svc", "a.plinth.test", "", undefined, "[::2]", "localhost:1:2", "x".repeat(1e6)])
    it(`are not ${String(host).slice(0, 40)}`, () => assert.ok(!isServed(host)));

  it("reads names from a variable", () => {
    assert.deepEqual(parseHostNames(" a.test, ,b.test"), ["a.test", "b.test"]);
    assert.deepEqual(parseHostNames(undefined), []);
  });

  const servers = {
    "the registry": () => createRegistryServer([], () => undefined, isServed),
    "the collector": () =>
      createServer(toListener(onlyUnder(isServed, async (_request, response) => void response.end("taken")))),
  };
  for (const [name, create] of Object.entries(servers))
    it(`are asked by ${name} on each path, which answers 421 under others`, async () => {
      const server = create().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const send = async (host: string, path: string) => {
        const [response] = await once(request({ port, host: "127.0.0.1", path, headers: { host } }).end(), "response");
        response.resume();
        return response.statusCode as number;
      };
      try {
        for (const path of ["/metrics", "/subjects", "/nothing"]) {
          assert.equal(await send("evil.example", path), 421, path);
          assert.notEqual(await send("localhost:1", path), 421, path);
          assert.equal(await send("localhost", `http://evil.example${path}`), 421, path);
        }
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
});

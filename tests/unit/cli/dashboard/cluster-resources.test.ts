import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { ClusterResources } from "../../../../cli/dashboard/cluster-resources.ts";

const SECRET = "key-0123456789abcdef";
const LOG = `first\nwith ${SECRET} in it\nlast`;

describe("the console of a workload in a cluster", () => {
  const pod = { metadata: { name: "wallet-1" }, spec: { containers: [{ name: "wallet" }] }, status: {} };
  const server = {
    get: async () => ({ items: [pod] }),
    // The network cuts where it likes.
    stream: async () => Readable.from(Array.from({ length: LOG.length }, (_, at) => Buffer.from(LOG[at]!))),
  };
  const mask = new SecretMask(undefined, [SECRET]);
  const resources = new ClusterResources(server as never, "dev", new Map(), mask);

  it("shows no part of a secret, wherever it begins (OBS-3)", async () => {
    for (let bytes = 1; bytes <= LOG.length; bytes++) {
      const shown = await resources.console("wallet-1", bytes);
      assert.ok(shown.length <= bytes);
      assert.doesNotMatch(shown, /[0-9a-f]{3}/, shown);
    }
  });

  it("shows no secret that arrives in pieces, and the rest of an ended console (OBS-3)", async () => {
    let shown = "";
    for await (const text of resources.followConsole("wallet-1", 1000, new AbortController().signal)) shown += text;
    assert.equal(shown, "first\nwith *** in it\nlast");
  });
});

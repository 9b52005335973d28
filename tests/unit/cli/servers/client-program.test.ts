import assert from "node:assert/strict";
import { withoutForeignServers } from "../../../../cli/servers/client-program.ts";

describe("a client program of this machine", () => {
  it("gets no variable that leads it to another server than the stack's", () => {
    const own = { PATH: "/bin", PAGER: "less", PSQL_HISTORY: "/tmp/h", HOME: "/root" };
    const foreign = { PGHOST: "db", PGHOSTADDR: "10.0.0.1", PGSERVICE: "prod", PGPASSFILE: "f", REDISCLI_AUTH: "x" };
    assert.deepEqual(withoutForeignServers({ ...own, ...foreign }), own);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type Server } from "node:net";
import { forwardLocally } from "../../../../cli/servers/access.ts";

describe("a local port that is forwarded into a cluster", () => {
  it("forwards connections to the Service that the URL names, and leaves other URLs unchanged", async () => {
    const echo = net.createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const dialled: string[] = [];
    const portForward = {
      connect(host: string, port: number) {
        dialled.push(`${host}:${port}`);
        return net.connect((echo.address() as net.AddressInfo).port, "127.0.0.1");
      },
    };
    const servers: Server[] = [];
    try {
      assert.equal(await forwardLocally("redis://localhost:6379", portForward, servers), "redis://localhost:6379");
      const near = new URL(
        await forwardLocally("postgresql://app:p%40s@citus.dev-infra.svc:5432/app", portForward, servers),
      );
      assert.deepEqual(
        [near.hostname, near.password, near.pathname, servers.length],
        ["127.0.0.1", "p%40s", "/app", 1],
      );
      const socket = net.connect(Number(near.port), "127.0.0.1");
      socket.write("there and back");
      const [answer] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      assert.deepEqual([String(answer), dialled], ["there and back", ["citus.dev-infra.svc:5432"]]);
    } finally {
      for (const server of [...servers, echo]) server.close();
    }
  });
});

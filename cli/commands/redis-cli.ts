import { withStackServers } from "../servers/access.ts";
import { runClientProgram } from "../servers/client-program.ts";
import { main } from "../terminal/main.ts";

/** `make redis-cli`: opens the stack's cache. Commands may be piped in. */
await main((stack) =>
  withStackServers(stack, async ({ variables, localUrl }) => {
    const { hostname, port, username, password, protocol } = new URL(await localUrl(variables.REDIS_URL!));
    return runClientProgram({
      names: ["redis-cli", "valkey-cli"],
      apt: "redis-tools",
      args: [
        ...["-h", hostname, "-p", port || "6379"],
        ...(protocol === "rediss:" ? ["--tls"] : []),
        ...(username === "" ? [] : ["--user", decodeURIComponent(username)]),
      ],
      environment: password === "" ? {} : { REDISCLI_AUTH: decodeURIComponent(password) },
    });
  }),
);

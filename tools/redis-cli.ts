import { runClient } from "./client-program.ts";
import { main } from "./main.ts";
import { withStack } from "./reach.ts";

/** `make redis-cli`: the stack's cache; commands may come by a pipe. */
await main((stack) =>
  withStack(stack, async ({ variables, near }) => {
    const { hostname, port, username, password, protocol } = new URL(await near(variables.REDIS_URL!));
    return runClient({
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

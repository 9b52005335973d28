import { stopServers } from "./servers/servers.ts";

/** Whatever a test file started is stopped once all of them are done. */
export const mochaHooks = { afterAll: stopServers };

import { registerHooks } from "node:module";

/**
 * `node tests/support/program/recorder.ts STACK CONFIG`: as cli/program/recorder.ts, without
 * services that a user has added to this clone: tests compare with lists that know nothing of them.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "./components/service/descriptor.ts" && context.parentURL?.endsWith("/index.ts")
      ? { url: new URL("./services.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
await import("../../../cli/program/recorder.ts");

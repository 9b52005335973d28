import { registerHooks } from "node:module";

/**
 * From here on `index.ts` finds the services of this repository alone, without those that a user
 * has added to this clone: tests compare with lists that know nothing of them.
 */
export function useOwnServices(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "./components/service/descriptor.ts" && context.parentURL?.endsWith("/index.ts")
        ? { url: new URL("./services.ts", import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  });
}

import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { build } from "esbuild";
import { bundleOptions } from "../../../services/bundle.ts";

/** Below node_modules, where a bundle finds the packages that it leaves outside. */
export function createBundleFolder(): string {
  return mkdtempSync(join(root, "node_modules", ".bench-kafka-"));
}

/**
 * Bundles the benchmark of one client as services/bundle.ts bundles a service. Returns the program.
 */
export async function bundleClient(name: string, folder: string): Promise<string> {
  await build({
    ...bundleOptions,
    stdin: {
      contents: `
        import { runClientProcess } from "./client-process.ts";
        import { createClient } from "./${name}-client.ts";
        await runClientProcess(createClient);`,
      resolveDir: import.meta.dirname,
      sourcefile: "main.ts",
      loader: "ts",
    },
    outdir: join(folder, name),
    // Modules by their extension: no package.json says so here.
    outExtension: { ".js": ".mjs" },
  });
  if (name === "platformatic") copyWasm(folder);
  return join(folder, name, "stdin.mjs");
}

/**
 * esbuild leaves out the WebAssembly that @platformatic/kafka reads at `../dist` of its program.
 */
function copyWasm(folder: string): void {
  mkdirSync(join(folder, "dist"), { recursive: true });
  const source = join(root, "node_modules/@platformatic/wasm-utils/dist/native.wasm");
  copyFileSync(source, join(folder, "dist/native.wasm"));
}

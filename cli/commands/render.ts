import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { dump } from "js-yaml";
import { recordStack, redactSecrets } from "../program/record.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/**
 * `make render`: every manifest of a stack as a file, for reading and for comparing two versions.
 * Secrets are left out.
 */
await main(async (stack) => {
  if (!readStackFile(stack).cluster)
    throw new Error(`Stack '${stack}' has no manifests: it runs processes. 'make preview STACK=${stack}' shows them.`);
  const manifests = redactSecrets(await recordStack(stack)).filter(({ type }) => type.startsWith("kubernetes:"));
  const folder = join(root, ".plinth", "render", stack);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const rows = manifests.map(({ inputs }) => {
    const { kind, metadata } = inputs as { kind: string; metadata: { name: string } };
    const file = join(folder, `${kind.toLowerCase()}-${metadata.name}.yaml`);
    // Sorted, so that two renderings differ only where the manifests do.
    writeFileSync(file, dump(inputs, { sortKeys: true, lineWidth: 140 }), { flag: "wx" });
    return [kind, metadata.name, relative(root, file)];
  });
  console.log(
    formatTable(
      ["kind", "name", "file"],
      rows.sort((a, b) => (a.join() < b.join() ? -1 : 1)),
    ),
  );
  return 0;
});

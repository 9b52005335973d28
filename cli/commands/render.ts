import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { dump } from "js-yaml";
import { recordStack, redactSecrets } from "../program/record.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/** `make render`: writes every manifest of a stack to a file, without secrets. */
await main(async (stack) => {
  if (!readStackFile(stack).cluster)
    throw new UserError(
      `Stack '${stack}' has no manifests: it runs processes. 'make preview STACK=${stack}' shows them.`,
    );
  const manifests = redactSecrets(await recordStack(stack)).filter(({ type }) => type.startsWith("kubernetes:"));
  const folder = join(root, ".plinth", "render", stack);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const rows = manifests.map(({ inputs }) => {
    const { kind, metadata } = inputs as { kind: string; metadata: { name: string } };
    const file = join(folder, `${kind.toLowerCase()}-${metadata.name}.yaml`);
    // Sorted, so that a diff of two renderings shows only real changes.
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

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { requireBuildPrograms } from "../../../../cli/stack/build-requirements.ts";
import { type BareMachine, bareMachine } from "../../../support/machine.ts";

describe("what services are built with (INF-14)", () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = bareMachine();
  });
  afterEach(() => machine.restore());

  const go = (version: string) => {
    const module = join(machine.folder, "orders");
    mkdirSync(module, { recursive: true });
    writeFileSync(join(module, "go.mod"), `module example.com/orders\n\ngo ${version}\n`);
    return { name: "orders", folder: relative(root, module), build: [["go", "build"]], command: ["bin/service"] };
  };
  const python = {
    name: "crier",
    folder: "services/crier",
    build: [["python3", "-m", "venv", ".venv"]],
    command: [".venv/bin/python"],
  };
  const php = { name: "teller", folder: "services/teller", command: ["php", "serve.php"] };
  const node = { name: "herald", folder: "services/herald", command: ["node", "main.js"] };

  it("is asked for at once, for all services, before the first is built", async () => {
    await assert.rejects(
      requireBuildPrograms([go("1.26.0"), python, php, node]),
      ({ message }: Error) =>
        /^Service 'orders' cannot be built \(no Go\)\. Type: .*$/m.test(message) &&
        /^Service 'crier' cannot be built or run \(no python3\)\. Type: .*python3$/m.test(message) &&
        /^Service 'teller' cannot be built or run \(no php\)\. Type: .*php-cli$/m.test(message) &&
        message.split("\n").length === 3,
    );
  });

  it("is new enough for the service's own go.mod", async () => {
    machine.program("go", 'echo "go version go1.19.8 linux/amd64"');
    await requireBuildPrograms([go("1.19")]);
    await assert.rejects(requireBuildPrograms([go("1.26.0")]), /is Go 1\.19\.8, and at least 1\.26\.0 is needed/);
  });

  it("has the virtual environments that Debian packs apart", async () => {
    machine.program("python3", "exit 1");
    await assert.rejects(requireBuildPrograms([python]), /no virtual environments in python3\)\. Type: .*python3-venv/);
    machine.program("python3", "exit 0");
    await requireBuildPrograms([python, node]);
  });
});

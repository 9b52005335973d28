import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KAFKA_VERSION, root } from "@plinth/local/locations.ts";
import { aptInstaller } from "@plinth/toolchain/apt.ts";
import { javaTool } from "@plinth/toolchain/kafka/java.ts";
import { isInstalled } from "@plinth/toolchain/tool.ts";
import { platformTools } from "@plinth/toolchain/tools.ts";
import { isAtLeast } from "@plinth/toolchain/version.ts";
import { formatTable } from "../../../cli/terminal/table.ts";

describe("what the machine must have (INF-16)", () => {
  for (const [a, b, want] of [
    ["3.255.0", "3.200.0", true],
    ["3.9.0", "3.200.0", false],
    ["17.0.15", "17", true],
    ["22.18", "22.18.0", true],
    ["11.0.2", "17", false],
  ] as const) {
    it(`${a} is ${want ? "" : "not "}at least ${b}`, () => assert.equal(isAtLeast(a, b), want));
  }

  for (const part of platformTools) {
    it(`finds ${part.name} here, with its version and where it is from`, async () => {
      const found = await part.find();
      assert.ok(isInstalled(found), `${part.name}: ${found ?? "missing"}`);
      assert.ok(found.version.length > 0 && found.from.length > 0);
    });
  }

  it("asks Maven for the Kafka that the program expects", () => {
    assert.match(
      readFileSync(join(root, "toolchain/kafka/pom.xml"), "utf8"),
      new RegExp(`<artifactId>kafka_2.13</artifactId>\\s*<version>${KAFKA_VERSION}</version>`),
    );
  });

  it("says in one sentence that a Java is too old, and which is needed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-java-"));
    const path = process.env.PATH;
    try {
      mkdirSync(join(folder, "bin"));
      writeFileSync(join(folder, "bin", "java"), "#!/bin/sh\n");
      chmodSync(join(folder, "bin", "java"), 0o755);
      writeFileSync(join(folder, "release"), 'JAVA_VERSION="11.0.2"\n');
      process.env.PATH = join(folder, "bin");
      assert.equal(
        await javaTool.find(),
        `Java 11.0.2 (${folder}/bin/java) is too old for the broker: at least 17 is needed`,
      );
      process.env.PATH = folder;
      assert.equal(await javaTool.find(), undefined);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });

  it("installs a Debian package as root, reading the package lists first when it is not found", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "plinth-apt-"));
    const path = process.env.PATH;
    try {
      const calls = join(folder, "calls");
      // Fails until the lists were read, as on a machine that has none.
      writeFileSync(
        join(folder, "apt-get"),
        `#!/bin/sh\necho "$*" >> ${calls}\n[ "$1" = update ] && touch ${folder}/lists\n[ -e ${folder}/lists ]\n`,
      );
      chmodSync(join(folder, "apt-get"), 0o755);
      process.env.PATH = `${folder}:${path}`;
      const said: string[] = [];
      await aptInstaller("redis-server", "some seconds").install!.run((line) => said.push(line));
      const install = "install -y --no-install-recommends redis-server";
      assert.deepEqual(readFileSync(calls, "utf8").trim().split("\n"), [install, "update", install]);
      assert.deepEqual(said, ["installing Debian's redis-server", "reading the package lists first"]);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });

  it("prints a table whose columns line up", () => {
    assert.equal(
      formatTable(
        ["a", "long"],
        [
          ["xyz", "1"],
          ["x", "22"],
        ],
      ),
      "a    long\n---  ----\nxyz  1\nx    22",
    );
  });
});

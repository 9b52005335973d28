import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@plinth/toolchain/command.ts";
import { downloadRelease } from "@plinth/toolchain/observability/release.ts";

const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const NAME = `vmutils-${platform}-v1.2.3`;
const release = { repository: "github.com/example/store", version: "1.2.3", archive: "vmutils", program: "vmalert" };

describe("an official release", () => {
  const files = new Map<string, Buffer>();
  let server: Server;
  let archive: Buffer;
  let folder: string;

  before(async () => {
    const source = mkdtempSync(join(tmpdir(), "plinth-release-"));
    for (const name of ["vmalert-prod", "vmagent-prod"]) writeFileSync(join(source, name), `the program ${name}`);
    await runCommand("tar", ["-czf", join(source, "release.tar.gz"), "-C", source, "vmalert-prod", "vmagent-prod"]);
    archive = readFileSync(join(source, "release.tar.gz"));
    server = createServer(({ url }, response) => {
      const content = files.get(url!.slice(url!.lastIndexOf("/") + 1));
      response.writeHead(content ? 200 : 404).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => server.close());
  beforeEach(() => {
    files.clear();
    folder = mkdtempSync(join(tmpdir(), "plinth-download-"));
    mkdirSync(folder, { recursive: true });
  });

  const publish = (checksum = createHash("sha256").update(archive).digest("hex")) => {
    files.set(`${NAME}.tar.gz`, archive);
    files.set(`${NAME}_checksums.txt`, Buffer.from(`${"0".repeat(64)}  other.tar.gz\n${checksum}  ${NAME}.tar.gz\n`));
  };
  const download = () =>
    downloadRelease(release, folder, () => undefined, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  it("with the published checksum is unpacked under the program's name, executable", async () => {
    publish();
    assert.equal(await download(), true);
    assert.deepEqual(readdirSync(folder), ["vmalert"]);
    assert.equal(readFileSync(join(folder, "vmalert"), "utf8"), "the program vmalert-prod");
    assert.notEqual(statSync(join(folder, "vmalert")).mode & 0o100, 0);
  });

  it("with another content than published is refused, naming both checksums", async () => {
    publish("f".repeat(64));
    await assert.rejects(download(), /has checksum [0-9a-f]{64}, but f{64} is published: do not use it/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("that this platform lacks, or that cannot be reached, is left to the build", async () => {
    assert.equal(await download(), false);
    assert.equal(await downloadRelease(release, folder, () => undefined, "http://127.0.0.1:1/"), false);
  });
});

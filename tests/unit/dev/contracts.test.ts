import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkLayout, findStaleContracts } from "../../../dev/contracts.ts";

const CONTRACT = `syntax = "proto3";

package plinth.test.v1;

enum Colour {
  COLOUR_UNSPECIFIED = 0;
  COLOUR_RED = 1;
}

message Thing {
  Colour colour = 1;
}
`;

describe("the TypeScript of gRPC contracts (PIN-1)", function () {
  this.timeout(30_000);
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "plinth-contracts-test-"));
    write("contracts/plinth/test/v1/thing.proto", CONTRACT);
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }

  const stale = () => findStaleContracts("contracts", base);

  it("is stale when it is missing, changed or superfluous, and contains no TypeScript enum", async () => {
    const path = "contracts/generated/plinth/test/v1/thing_pb.ts";
    const [missing, ...others] = stale();
    assert.deepEqual([missing?.path, others], [path, []]);
    write(path, missing?.expected ?? "");
    assert.deepEqual(stale(), []);
    write(path, `${missing?.expected}// by hand\n`);
    write("contracts/generated/old_pb.ts", "");
    assert.deepEqual(
      stale().map((one) => [one.path, one.expected === undefined]),
      [
        ["contracts/generated/old_pb.ts", true],
        [path, false],
      ],
    );
    // Erasing types does not make enums run.
    assert.doesNotMatch(missing?.expected ?? "", /^export enum/m);
  });

  it("is refused with the line when a contract does not compile or is not formatted", () => {
    write("contracts/plinth/test/v1/thing.proto", CONTRACT.replace("Colour colour = 1;", "Color colour = 1;"));
    assert.throws(stale, /thing\.proto:11:3:.*Color/);
    write("contracts/plinth/test/v1/thing.proto", CONTRACT.replace("  Colour colour", "Colour   colour"));
    assert.throws(
      () => checkLayout("contracts", base),
      /^contracts: contracts are not formatted by buf; run make generate:\n[\s\S]*thing\.proto/,
    );
  });

  it("of the kit is up to date", () => {
    const root = join(import.meta.dirname, "../../..");
    assert.deepEqual(findStaleContracts("services/kit/proto", root), []);
    assert.match(
      readFileSync(join(root, "Makefile"), "utf8"),
      /^generate:[^\n]*\n(\t[^\n]*\n)*\t@\$\(run\) dev\/contracts$/m,
    );
  });
});

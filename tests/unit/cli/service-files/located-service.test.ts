import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { findService } from "../../../../cli/service-files/located-service.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("a service by its name or folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is refused with the names of the services when there is none", () =>
    assert.throws(
      () => findService(root, join(folder, "nothing")),
      /There is no service '.*': the services are .*wallet/,
    ));
});

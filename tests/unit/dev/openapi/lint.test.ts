import assert from "node:assert/strict";
import { lintDocument } from "../../../../dev/openapi/lint.ts";

describe("the OpenAPI linters", function () {
  this.timeout(10_000);

  it("find what is missing from a bare document", async () => {
    const findings = await lintDocument({
      openapi: "3.0.3",
      info: { title: "Shop", version: "1" },
      paths: { "/orders/{id}": { get: { responses: { 200: { description: "OK" } } } } },
    });
    for (const rule of [
      "spectral oas3-api-servers",
      "spectral operation-operationId",
      "spectral path-params",
      "redocly operation-4xx-response",
      "redocly security-defined",
    ])
      assert.ok(
        findings.some((finding) => finding.startsWith(`${rule},`)),
        `${rule}: ${findings.join("\n")}`,
      );
  });
});

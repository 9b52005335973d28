import assert from "node:assert/strict";
import { fillExpression, nameOf } from "@plinth/local/page/browser/metrics/expression.ts";

describe("an expression of a panel", () => {
  it("takes the chosen service and tenant, and a range of at least four scrapes", () => {
    const expr = 'sum(rate(x{service=~"$service", tenant=~"$tenant"}[$__interval]))';
    assert.equal(
      fillExpression(expr, { service: "wallet", tenant: "20001" }, 5),
      'sum(rate(x{service=~"wallet", tenant=~"20001"}[20s]))',
    );
    assert.match(fillExpression(expr, {}, 60), /service=~"\.\*", tenant=~"\.\*"}\[60s\]/);
  });

  it("takes a value by its letters, not as a regular expression or as PromQL", () => {
    assert.equal(
      fillExpression('x{service=~"$service"}', { service: 'a.b"} or y' }, 5),
      String.raw`x{service=~"a\\.b\"\\} or y"}`,
    );
  });

  it("names series by their legend, and by their labels without one", () => {
    assert.equal(nameOf("{{service}} p99", { service: "wallet" }), "wallet p99");
    assert.equal(nameOf("{{missing}}", { topic: "bets", __name__: "x" }), "topic=bets");
    assert.equal(nameOf("", {}), "value");
  });
});

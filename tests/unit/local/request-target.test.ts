import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";
import { encodeSegment, parseRequestTarget, RequestTargetError } from "@plinth/local/request-target.ts";

describe("the target of a request", () => {
  const read: [string, string[]][] = [
    ["/", [""]],
    ["/config", ["config"]],
    ["//x/config", ["", "x", "config"]],
    ["///", ["", "", ""]],
    ["/config/%2E", ["config", "."]],
    ["/config/x/..", ["config", "x", ".."]],
    ["/subjects/%2E%2E/versions", ["subjects", "..", "versions"]],
    ["/subjects/a%2Fb", ["subjects", "a/b"]],
    ["/a\\b/..\\c", ["a\\b", "..\\c"]],
    ["/:.x:a/@b", [":.x:a", "@b"]],
    ["/%E2%82%AC", ["€"]],
    ["http://x/config", ["config"]],
    ["HTTPS://x:1//y", ["", "y"]],
    ["http://x", [""]],
    ["http://x?y", [""]],
  ];
  for (const [target, segments] of read)
    it(`reads ${target} as ${JSON.stringify(segments)}`, () => {
      assert.deepEqual(parseRequestTarget(target).segments, segments);
    });

  for (const target of ["", "?x=1", "*", "x", "x:1", "ftp://x/y", "http://", "/%", "/%zz", "/%FF", "/%C3", "/?a=%FF"])
    it(`refuses ${JSON.stringify(target)}`, () => {
      assert.throws(() => parseRequestTarget(target), RequestTargetError);
    });
  for (const target of ["/a#b", "/a b", "/\u00e9", "/a\tb"])
    it(`refuses ${JSON.stringify(target)}, which no client may send`, () => {
      assert.throws(() => parseRequestTarget(target), RequestTargetError);
    });

  it("keeps the query apart, with whatever it holds", () => {
    const { path, query, authority } = parseRequestTarget("http://h:1/a?x=//y/..&z=%2F?&z=+");
    assert.deepEqual([path, query.get("x"), query.getAll("z"), authority], ["/a", "//y/..", ["/?", " "], "h:1"]);
  });

  it("is never resolved against an address, as a link of a page would be", () => {
    const pattern = String.raw`new URL\([^)]*\.(url|path)\b[^)]*, `;
    const found = spawnSync("git", ["grep", "-nE", pattern, "--", "*.ts", "*.js"], { cwd: root, encoding: "utf8" });
    assert.deepEqual(
      found.stdout.split("\n").filter((line) => !/^$|import\.meta\.url/.test(line)),
      [],
    );
  });
});

describe("a segment of an address", () => {
  it("holds any text but what every client removes from a path", () => {
    assert.equal(encodeSegment("a/b c"), "a%2Fb%20c");
    for (const text of ["", ".", ".."]) assert.throws(() => encodeSegment(text), RangeError, text);
  });
});

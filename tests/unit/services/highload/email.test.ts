import assert from "node:assert/strict";
import { normalizeEmail } from "@plinth/highload/email.ts";

describe("an e-mail address", () => {
  const composed = "jos\u00e9@ex\u00e4mple.de";
  const spellings = [
    composed,
    "jose\u0301@exa\u0308mple.de",
    "jose\u0301@EX\u00c4MPLE.de",
    "jos\u00e9@xn--exmple-cua.de",
    "jos\u00e9@XN--EXMPLE-CUA.DE",
    "jos\u00e9@ｅｘ\u00e4ｍｐｌｅ。de",
    "jos\u00e9@ex\u00ad\u00e4m\u200bple.de",
  ];
  for (const spelling of spellings)
    it(`is one, spelt ${JSON.stringify(spelling)}`, () => assert.equal(normalizeEmail(spelling), composed));

  for (const [email, normalized] of [
    ["Ann.Lee@Example.COM", "Ann.Lee@example.com"],
    ["a@\u00ad", "a@\u00ad"],
    ["a@123", "a@123"],
    ["a@b/c", "a@b/c"],
    ["a@x%41.com", "a@x%41.com"],
    ["a@[IPv6:::1]", "a@[ipv6:::1]"],
    ["a@a_b.c", "a@a_b.c"],
    ["a@-\u00e4-.de", "a@-\u00e4-.de"],
    ["a@xn--a.de", "a@xn--a.de"],
  ])
    it(`keeps ${email} apart from others`, () => assert.equal(normalizeEmail(email!), normalized));

  it("stays as it is when it is normalized again", () => {
    for (const spelling of spellings) assert.equal(normalizeEmail(normalizeEmail(spelling)), composed);
  });
});

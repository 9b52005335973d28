import { domainToASCII, domainToUnicode } from "node:url";

/**
 * A domain that IDNA may map, which leaves out what nobody sees, such as a soft hyphen. URLs'
 * parser would cut others at `/` or read `123` as an address.
 */
const INTERNATIONAL_DOMAIN = /^(?=.*(?:[^\0-\x7f]|xn--))[\p{L}\p{M}\p{N}\p{Cf}.。．｡-]+$/iu;

/**
 * One spelling of an e-mail address: Unicode's composed form (NFC), and a domain in small letters,
 * an international one as people read it. The case of the part before the `@` stays, since a mail
 * server may distinguish it; the database's unique index does not. Source: RFC 6530, 10.1.
 */
export function normalizeEmail(email: string): string {
  const composed = email.normalize("NFC");
  const at = composed.lastIndexOf("@");
  const domain = composed.slice(at + 1);
  return `${composed.slice(0, at + 1)}${normalizeDomain(domain)}`;
}

function normalizeDomain(domain: string): string {
  const mapped = INTERNATIONAL_DOMAIN.test(domain) ? domainToUnicode(domainToASCII(domain)) : "";
  // Empty if it is not a domain name, such as one with an invalid label.
  return mapped || domain.toLowerCase();
}

/**
 * The `BASE` that somebody typed, without a slash at its end. @throws one sentence when it is no
 * URL of HTTP
 */
export function parseBaseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Error(`BASE is ${text}, but must be a URL such as http://localhost:8080`);
  return text.replace(/\/$/, "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are replaced.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: most lines have none of these.
const UNUSUAL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** Text without colours and other escape sequences, and with every control character replaced. */
export function cleanText(text: string): string {
  return UNUSUAL.test(text) ? text.replace(ANSI, "").replace(/\r+$/, "").replace(CONTROLS, "\ufffd") : text;
}

/** The first characters of a text that is too long, and how long it was. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half of a pair of surrogates is no character.
  const end = /[\ud800-\udbff]/.test(text[limit - 1]!) ? limit - 1 : limit;
  return `${text.slice(0, end)}… [cut: ${text.length} characters]`;
}

/** JSON of a value that was parsed from a stranger's JSON: its nesting may be too deep to write. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "[nested too deeply]";
  }
}

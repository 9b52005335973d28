/** Most characters that the page keeps of a console. */
export const MAX_CONSOLE = 400_000;

/** Colours, cursor moves and titles of terminals: the page shows the text alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Adds what a process wrote, and drops the oldest lines of a long console. */
export function appendConsole(before: string, written: string): string {
  const text = before + written.replace(ESCAPES, "").replace(/\r\n?/g, "\n").replace(CONTROLS, "�");
  if (text.length <= MAX_CONSOLE) return text;
  const cut = text.slice(-MAX_CONSOLE);
  return cut.slice(cut.indexOf("\n") + 1);
}

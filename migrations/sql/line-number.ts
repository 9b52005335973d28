/** Line of a character, both counted from 1. */
export function lineNumberAt(text: string, character: number): number {
  return text.slice(0, Math.max(character - 1, 0)).split("\n").length;
}

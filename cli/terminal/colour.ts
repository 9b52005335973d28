import { styleText } from "node:util";

/** A colour or style of `util.styleText`. */
export type Colour = Parameters<typeof styleText>[0];

/** Whether output to this stream is coloured; see https://no-color.org. */
export function supportsColour(
  stream: { isTTY?: boolean },
  { NO_COLOR = "" }: Record<string, string | undefined> = process.env,
): boolean {
  return stream.isTTY === true && NO_COLOR === "";
}

/** The text in a colour, or unchanged when `colours` is false. */
export function colourize(text: string, colour: Colour, colours: boolean): string {
  // The caller has decided by the stream that it writes to: styleText looks at stdout only.
  return colours && text !== "" ? styleText(colour, text, { validateStream: false }) : text;
}

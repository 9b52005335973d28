import { readFileSync } from "node:fs";

/** A file that the page says to write, or a command that it says to type. */
export type TutorialStep =
  | { file: string; text: string }
  | {
      command: string;
      /** Lines that the command prints; `…` stands for any text, alone on a line for any lines. */
      output: string[];
    };

/**
 * The steps of a Markdown page in their order. A fenced block is a file when the text before it
 * ends with the file's path, as in "`services/notes/main.ts`:". A block of `console` is commands,
 * each behind `$ `, and what they print.
 *
 * @throws for a block that is neither: a reader would not know what to do with it
 */
export function readTutorial(page: string): TutorialStep[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap((block): TutorialStep[] => {
    const [, language, body] = block as unknown as [string, string, string];
    if (language === "console") return readCommands(body);
    const file = /`([^`\s]+)`:\s*$/.exec(text.slice(0, block.index))?.[1];
    if (file === undefined) throw new Error(`${page}: the text before this block names no file:\n${body}`);
    return [{ file, text: body }];
  });
}

function readCommands(body: string): TutorialStep[] {
  return body
    .split(/^\$ /m)
    .filter((part) => part !== "")
    .map((part) => {
      const [command, ...output] = part.trimEnd().split("\n");
      return { command: command!, output };
    });
}

/** A pattern that matches what a command printed. */
export function outputPattern(lines: readonly string[]): RegExp {
  const patterns = lines.map((line) =>
    line === "…" ? "(?:.*\\n)*?" : `${line.split("…").map(RegExp.escape).join(".*")}\\s*\\n`,
  );
  return new RegExp(`^${patterns.join("")}$`);
}

export interface TextBlock {
  kind: "heading" | "paragraph" | "code";
  text: string;
}

export interface ListBlock {
  kind: "bullets" | "steps";
  items: string[];
}

export type RunbookBlock = TextBlock | ListBlock;

export interface RunbookPart {
  kind: "text" | "code";
  text: string;
}

/** The blocks of a runbook: of Markdown only what the runbooks use. */
export function readRunbook(markdown: string): RunbookBlock[] {
  const blocks: RunbookBlock[] = [];
  const fences = markdown.split(/^```.*$/m);
  for (const [index, section] of fences.entries()) {
    if (index % 2 === 1) blocks.push({ kind: "code", text: section.trim() });
    else for (const chunk of section.split(/\n{2,}/)) blocks.push(...readChunk(chunk.trim()));
  }
  return blocks;
}

/** Inline code apart from the rest; a link becomes its text. */
export function readParts(text: string): RunbookPart[] {
  return text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "")
    .split(/`([^`]+)`/)
    .map((part, index): RunbookPart => ({ kind: index % 2 === 1 ? "code" : "text", text: part }))
    .filter(({ text: part }) => part !== "");
}

function readChunk(chunk: string): RunbookBlock[] {
  if (chunk === "") return [];
  if (chunk.startsWith("#")) {
    const [first = "", ...rest] = chunk.split("\n");
    return [{ kind: "heading", text: first.replace(/^#+\s*/, "") }, ...readChunk(rest.join("\n").trim())];
  }
  if (/^- /.test(chunk)) return [{ kind: "bullets", items: itemsOf(chunk, /^- /m) }];
  if (/^\d+\. /.test(chunk)) return [{ kind: "steps", items: itemsOf(chunk, /^\d+\. /m) }];
  return [{ kind: "paragraph", text: unwrap(chunk) }];
}

function itemsOf(chunk: string, marker: RegExp): string[] {
  return chunk
    .split(marker)
    .slice(1)
    .map((item) => unwrap(item.trim()));
}

function unwrap(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}

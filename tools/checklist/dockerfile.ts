/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  /** In capitals. */
  word: string;
  rest: string;
}

export function parseDockerfile(text: string): Instruction[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\s*\n/g, " ")
    .split("\n")
    .map((line) => /^\s*(\w+)\s+(.*?)\s*$/.exec(line))
    .flatMap((match) => (match ? [{ word: match[1]!.toUpperCase(), rest: match[2]! }] : []));
}

/** The instructions of each stage, which begins with its FROM. */
export function stagesOf(instructions: readonly Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.word === "FROM") stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** Every image that it is made from, by the references that the defaults of its arguments give; stages of its own are none. */
export function basesOf(instructions: readonly Instruction[]): string[] {
  const defaults = new Map(
    instructions.flatMap(({ word, rest }) =>
      word === "ARG" && rest.includes("=") ? [rest.split(/=(.*)/s).slice(0, 2) as [string, string]] : [],
    ),
  );
  const filled = (text: string) => text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => defaults.get(name) ?? whole);
  const own = new Set<string>();
  const bases: string[] = [];
  for (const { word, rest } of instructions) {
    if (word === "FROM") {
      const [image = "", , stage] = rest.replace(/^--\S+\s+/, "").split(/\s+/);
      if (!own.has(image)) bases.push(filled(image));
      if (stage) own.add(stage);
    }
    const from = word === "COPY" ? /--from=(\S+)/.exec(rest)?.[1] : undefined;
    if (from !== undefined && !own.has(from) && !/^\d+$/.test(from)) bases.push(filled(from));
  }
  return [...new Set(bases)].filter((base) => base !== "scratch");
}

/** The last of its kind in the stage that becomes the image: what counts. */
export function lastOf(instructions: readonly Instruction[], ...words: string[]): Instruction | undefined {
  return stagesOf(instructions)
    .at(-1)
    ?.findLast(({ word }) => words.includes(word));
}

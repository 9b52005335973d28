/** One instruction of a Dockerfile, with continued lines joined. */
export interface Instruction {
  /** In capitals. */
  keyword: string;
  args: string;
}

export function parseDockerfile(text: string): Instruction[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\s*\n/g, " ")
    .split("\n")
    .map((line) => /^\s*(\w+)\s+(.*?)\s*$/.exec(line))
    .flatMap((match) => (match ? [{ keyword: match[1]!.toUpperCase(), args: match[2]! }] : []));
}

/** The instructions of each stage, which begins with its FROM. */
export function splitStages(instructions: readonly Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.keyword === "FROM") stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** References of the base images, with the defaults of ARG filled in; build stages do not count. */
export function baseImages(instructions: readonly Instruction[]): string[] {
  const defaults = new Map(
    instructions.flatMap(({ keyword, args }) =>
      keyword === "ARG" && args.includes("=") ? [args.split(/=(.*)/s).slice(0, 2) as [string, string]] : [],
    ),
  );
  const filled = (text: string) => text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => defaults.get(name) ?? whole);
  const stages = new Set<string>();
  const bases: string[] = [];
  for (const { keyword, args } of instructions) {
    if (keyword === "FROM") {
      const [image = "", , stage] = args.replace(/^--\S+\s+/, "").split(/\s+/);
      if (!stages.has(image)) bases.push(filled(image));
      if (stage) stages.add(stage);
    }
    const from = keyword === "COPY" ? /--from=(\S+)/.exec(args)?.[1] : undefined;
    if (from !== undefined && !stages.has(from) && !/^\d+$/.test(from)) bases.push(filled(from));
  }
  return [...new Set(bases)].filter((base) => base !== "scratch");
}

/** The last such instruction of the final stage: the one that takes effect. */
export function lastInstruction(instructions: readonly Instruction[], ...words: string[]): Instruction | undefined {
  return splitStages(instructions)
    .at(-1)
    ?.findLast(({ keyword }) => words.includes(keyword));
}

/** A block of an Alloy configuration: `name "label" { … }`. */
export interface AlloyBlock {
  name: string;
  label?: string;
  /** Attributes, then nested blocks. */
  body: (AlloyAttribute | AlloyBlock)[];
}

export type AlloyAttribute = [name: string, value: AlloyValue];
export type AlloyValue = string | number | boolean | AlloyValue[] | Expression | { [key: string]: AlloyValue };

/** A reference or a call, written as it is. */
export class Expression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** As in `loki.write.stores.receiver`. */
export const expression = (text: string) => new Expression(text);

export function block(name: string, ...body: AlloyBlock["body"]): AlloyBlock {
  return { name, body };
}

/** A block with a label: most components have one. */
export function component(name: string, label: string, ...body: AlloyBlock["body"]): AlloyBlock {
  return { name, label, body };
}

/** The text of a configuration: https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/ */
export function printAlloy(blocks: readonly AlloyBlock[]): string {
  return blocks
    .map((one) => printBlock(one, ""))
    .join("\n\n")
    .concat("\n");
}

function printBlock({ name, label, body }: AlloyBlock, indent: string): string {
  const head = `${indent}${name}${label === undefined ? "" : ` ${JSON.stringify(label)}`}`;
  if (body.length === 0) return `${head} { }`;
  const lines = body.map((item) =>
    Array.isArray(item)
      ? `${indent}\t${item[0]} = ${printValue(item[1], `${indent}\t`)}`
      : printBlock(item, `${indent}\t`),
  );
  return [`${head} {`, ...lines, `${indent}}`].join("\n");
}

/** Texts of JSON are texts of Alloy. */
function printValue(value: AlloyValue, indent: string): string {
  if (value instanceof Expression) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => printValue(item, indent)).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${indent}\t${JSON.stringify(key)} = ${printValue(item, `${indent}\t`)},`,
  );
  return entries.length === 0 ? "{}" : ["{", ...entries, `${indent}}`].join("\n");
}

import { isAbsolute } from "node:path";
import { isProcessName } from "@plinth/local/supervisor/spec.ts";
import { findMistakes } from "@plinth/local/validation/check.ts";
import { byName, matching, optional, tcpPort, text } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import type { CheckFailure } from "../../dynamic-resource.ts";
import type { ProcessInputs } from "../../process.ts";
import { hasUnknown, isUnknown, toCheckFailures, withoutUnknown } from "../host/inputs.ts";

const absolutePath = () => optional(matching(/^\//, "an absolute path"));

const probeRule = Type.Object({
  path: optional(matching(/^\//, "a path that begins with '/'")),
  line: optional(text("the text of a line to wait for")),
});

/** The types say which fields there are; any of them may be unknown in a preview. */
const processRule = Type.Object({
  process: Type.Refine(text("1 to 63 of a-z 0-9 . - and not 'supervisor'"), isProcessName),
  supervisor: absolutePath(),
  cwd: absolutePath(),
  command: optional(text("a program")),
  init: optional(Type.Array(Type.Object({ creates: absolutePath() }))),
  ports: optional(byName(tcpPort())),
  ready: optional(probeRule),
  live: optional(probeRule),
  readyTimeoutSeconds: optional(Type.Number({ exclusiveMinimum: 0, expected: "a number above 0" })),
  stop: optional(Type.Object({ graceSeconds: optional(Type.Number({ minimum: 0, expected: "a number from 0" })) })),
});

/** Finds mistakes, a sentence each. Skips values that a preview does not know yet. */
export function findProcessFailures(news: ProcessInputs): CheckFailure[] {
  const known = withoutUnknown(news) as Partial<ProcessInputs>;
  const where = `process '${news.process}'`;
  const others = [...findRelativeFiles(known), ...findEqualPorts(known), ...findForeignProbes(news)];
  return toCheckFailures([
    ...findMistakes(processRule, known, { where }),
    ...others.map((reason) => `${where}: ${reason}`),
  ]);
}

const findRelativeFiles = ({ files = {} }: Partial<ProcessInputs>) =>
  Object.keys(files)
    .filter((path) => !isAbsolute(path))
    .map((path) => `file '${path}' must be an absolute path`);

function findEqualPorts({ ports = {} }: Partial<ProcessInputs>): string[] {
  const purposes = new Map<number, string>();
  return Object.entries(ports).flatMap(([purpose, port]) => {
    const other = purposes.get(port);
    purposes.set(port, purpose);
    return other === undefined ? [] : [`ports '${other}' and '${purpose}' are both ${port}`];
  });
}

function findForeignProbes({ ready, live = ready, ports }: ProcessInputs): string[] {
  const asked = [ready, live].flatMap((probe) => (isUnknown(probe) || probe.kind === "log" ? [] : [probe.port]));
  if (hasUnknown(asked) || hasUnknown(ports)) return [];
  const own = Object.values(ports);
  return [...new Set(asked)]
    .filter((port) => !own.includes(port))
    .map((port) => `its probe asks port ${port}, which is not one of its ports (${own.join(", ") || "it has none"})`);
}

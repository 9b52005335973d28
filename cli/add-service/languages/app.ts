import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import type { Language } from "../../../templates/template.ts";

/** A program and its arguments. */
export type Command = [string, ...string[]];

/** How a service's code is built and run. */
export interface DetectedApp {
  language: Language;
  /** The files that gave the language away. */
  evidence: string;
  /** Starts it on a machine, in its folder; `HOST` and `PORT` come from the environment. */
  command: Command;
  build: Command[];
  /** Values of its Dockerfile's placeholders, by name; an empty one removes its line. */
  dockerfileValues: Record<string, string>;
  /** From its package file. */
  description?: string | undefined;
  /** Whether the command line passes the port on, whatever the code does. */
  commandSetsPort?: boolean;
}

/** The values of every placeholder of an adopted Dockerfile. */
export function dockerfileValues(app: DetectedApp, { port, probes }: ServiceDescriptor): Record<string, string> {
  return { ...app.dockerfileValues, port: String(port), live: probes.live };
}

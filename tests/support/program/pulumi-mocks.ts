import * as pulumi from "@pulumi/pulumi";
import { useOwnServices } from "./own-services.ts";

/** One resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

export const registered: Registered[] = [];

/** Replaces the engine by one that records resources and answers as each provider would. */
export async function mockEngine(config: Record<string, string> = {}): Promise<void> {
  useOwnServices();
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: `${name}-id`, state: { ...inputs, readyPorts: inputs.ports, distributed: false, registered: {} } };
      },
      call: ({ inputs }) => inputs,
    },
    "plinth",
    "local",
  );
}

export function resolveOutput<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/** `Type name` of everything registered, sorted. */
export function registeredNames(): string[] {
  return registered
    .map(
      ({ type, name }) =>
        `${type.replace("pulumi-nodejs:dynamic/plinth:", "").replace("plinth:platform:", "component ")} ${name}`,
    )
    .sort();
}

import { rmSync } from "node:fs";
import { commit, temporaryFolder } from "../../support/sample-repositories.ts";
import { Stack } from "../../support/stack/stack.ts";

/** A clone of this repository with everything committed, and a folder for foreign repositories. */
export interface Workspace {
  stack: Stack;
  outside: string;
}

export async function openWorkspace(): Promise<Workspace> {
  const stack = await Stack.create();
  commit(stack.root);
  return { stack, outside: temporaryFolder() };
}

/** Stops the stack and removes both. */
export async function closeWorkspace({ stack, outside }: Workspace): Promise<void> {
  await stack.destroy();
  rmSync(outside, { recursive: true, force: true });
}

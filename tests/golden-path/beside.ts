import { rmSync } from "node:fs";
import { Stack } from "../support/stack.ts";
import { commit, temporary } from "./samples.ts";

/** A clone of this repository, with all that is in it committed, and a folder beside it for the repositories of others. */
export interface Beside {
  stack: Stack;
  elsewhere: string;
}

export async function openBeside(): Promise<Beside> {
  const stack = await Stack.create();
  commit(stack.root);
  return { stack, elsewhere: temporary() };
}

/** Ends and removes both. */
export async function closeBeside({ stack, elsewhere }: Beside): Promise<void> {
  await stack.destroy();
  rmSync(elsewhere, { recursive: true, force: true });
}

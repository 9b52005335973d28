import { remove, status } from "@plinth/local/supervisor/client.ts";

/**
 * Removes the processes that an earlier 'up' could not start: the engine has no resource for them.
 * To be called after a successful 'up', when every process of the program runs.
 */
export async function removeFailedProcesses(directory: string): Promise<void> {
  for (const { name, state } of await status(directory)) if (state === "failed") await remove(directory, name);
}

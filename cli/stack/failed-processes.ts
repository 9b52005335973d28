import { remove, status } from "@plinth/local/supervisor/client.ts";

/**
 * Forgets the processes that an earlier 'up' could not start. The engine has no resource of them,
 * so it does not remove them when nothing wants them any more. To be called after an 'up' that
 * succeeded: what is wanted runs by then.
 */
export async function removeFailedProcesses(directory: string): Promise<void> {
  for (const { name, state } of await status(directory)) if (state === "failed") await remove(directory, name);
}

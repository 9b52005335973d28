/**
 * Runs a command on the stack that its first argument names (`local` by default) and sets the exit
 * code. An error ends it with its message alone and exit code 1.
 */
export async function main(work: (stack: string, options: Set<string>) => Promise<number | undefined>): Promise<void> {
  const [stack, ...options] = process.argv.slice(2);
  try {
    process.exitCode = (await work(stack || "local", new Set(options))) ?? 0;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

/**
 * Runs a tool on the stack that its first argument names; a mistake ends it with one sentence and
 * exit code 1.
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

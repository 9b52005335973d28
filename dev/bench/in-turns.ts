/**
 * Measures each subject once in every turn, so that the state of the machine is the same for all.
 *
 * @param warmUps turns at the beginning whose results are dropped
 * @returns the results of each subject, by name and in the order of the turns
 */
export async function measureInTurns<S, T>(
  subjects: Readonly<Record<string, S>>,
  runs: number,
  measure: (subject: S, name: string) => Promise<T>,
  warmUps = 1,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let turn = -warmUps; turn < runs; turn++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const result = await measure(subject, name);
      if (turn >= 0) results[name]!.push(result);
    }
  }
  return results;
}

/** " (did you mean 'port'?)", or nothing where no known name is near. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : ` (did you mean '${nearest}'?)`;
}

/** The name that `name` probably is a misspelling of: at most half of its letters differ. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.min(3, candidate.length / 2))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.candidate ?? known.find((candidate) => name.length >= 4 && candidate.startsWith(name));
}

/** Letters to insert, remove or replace (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries())
      current.push(
        Math.min(current[column]! + 1, previous[column + 1]! + 1, previous[column]! + (letter === other ? 0 : 1)),
      );
    previous = current;
  }
  return previous[to.length]!;
}

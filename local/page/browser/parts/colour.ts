/** Colours of data: those of page.css named --data-0 to --data-7. */
const COLOURS = 8;

const given = new Map<string, number>();

/** The same name has the same colour in every view, and the first eight differ. */
export function colourOf(name: string): string {
  let index = given.get(name);
  if (index === undefined) {
    index = given.size % COLOURS;
    if (given.size < 1_000) given.set(name, index);
  }
  return `var(--data-${index})`;
}

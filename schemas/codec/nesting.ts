/** Deeper than any event nests; bounds the stack, also of what handles the value afterwards. */
const MAX_NESTING = 500;

/** How many records of a type that holds itself are open, while a value is read or written. */
export class Nesting {
  #open = 0;

  reset(): void {
    this.#open = 0;
  }

  enter(): void {
    if (++this.#open > MAX_NESTING) throw new Error(`records nested more than ${MAX_NESTING} deep`);
  }

  leave(): void {
    this.#open--;
  }
}

/**
 * A user's mistake, or a state of the world that the user has to mend. The message is one sentence:
 * what was wrong, where, and what to do. It is printed without a stack trace by whichever of the
 * three hosts it reaches: a Pulumi program, a dynamic provider, a command.
 */
export class UserError extends Error {
  /** What `pulumi.RunError.isInstance` looks for; this room does not load the SDK for it. */
  readonly __pulumiRunError = true;

  constructor(message: string) {
    super(message);
    // The provider host prints name, message and stack.
    this.name = "";
    this.stack = "";
  }
}

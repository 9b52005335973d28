/**
 * Environment variable of the engine with the id of a new stack: a state that an engine did not
 * come to write has none.
 */
export const STACK_ID_VARIABLE = "PLINTH_STACK_ID";

/** Annotation of a namespace: the id of the stack that it belongs to. */
export const STACK_ANNOTATION = "plinth.dev/stack-id";

/** What code may throw although nobody expects it, by what it is. */
export function oddValues(): [what: string, value: unknown][] {
  return [...plainValues(), ...oddErrors(), ...hostileObjects(), ...largeObjects()];
}

function fail(): never {
  throw new Error("this must not be read");
}

function plainValues(): [string, unknown][] {
  return [
    ["undefined", undefined],
    ["null", null],
    ["a text", "oops"],
    ["an empty text", ""],
    ["a number", 7],
    ["NaN", Number.NaN],
    ["true", true],
    ["a bigint", 2n ** 70n],
    ["a symbol", Symbol("oops")],
    ["a function", () => 1],
    ["an empty object", {}],
    ["an array", ["oops"]],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["an upstream's answer", { statusCode: 404, message: "select * from secrets", code: "FST_ERR_BAD_URL" }],
    ["a promise", Promise.resolve(1)],
    ["bytes", Buffer.from("oops")],
    ["an invalid date", new Date(Number.NaN)],
    ["a map", new Map([[{}, 1n]])],
  ];
}

function oddErrors(): [string, unknown][] {
  const itself = new Error("its own cause");
  itself.cause = itself;
  const [first, second] = [new Error("first"), new Error("second")];
  first.cause = second;
  second.cause = first;
  return [
    ["an error without a message", new Error()],
    ["an error whose message is a number", Object.assign(new Error("x"), { message: 4 })],
    ["an error whose name is null", Object.assign(new Error("x"), { name: null })],
    ["an error whose stack is an object", Object.assign(new Error("x"), { stack: {} })],
    ["an error whose code is a bigint", Object.assign(new Error("x"), { code: 3n })],
    ["an error without a stack", Object.assign(new Error("x"), { stack: undefined })],
    ["an error that is its own cause", itself],
    ["errors that cause each other", first],
    ["an error caused by nothing", new Error("x", { cause: null })],
    ["an error with a cyclic list", aggregateOf(8)],
    ...["message", "name", "stack", "code", "cause", "status", "statusCode", "validation"].map(
      (field): [string, unknown] => [
        `an error whose ${field} cannot be read`,
        Object.defineProperty(new Error("x"), field, { get: fail, enumerable: true }),
      ],
    ),
  ];
}

function aggregateOf(count: number): AggregateError {
  const errors = Array.from({ length: count }, (_, index) => new AggregateError([], `error ${index}`));
  for (const error of errors) error.errors = errors;
  return errors[0] as AggregateError;
}

function hostileObjects(): [string, unknown][] {
  const trapped = new Proxy(
    {},
    { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const circular: Record<string, unknown> = { name: "x" };
  circular.self = circular;
  return [
    ["a proxy that throws at everything", trapped],
    ["a revoked proxy", revoked.proxy],
    ["a proxy of an error", new Proxy(new Error("x"), { get: fail })],
    ["an object whose fields cannot be read", Object.defineProperty({}, "field", { get: fail, enumerable: true })],
    ["an object whose toJSON throws", { toJSON: fail }],
    ["an object whose toString throws", { toString: fail, [Symbol.toPrimitive]: fail }],
    ["an object whose toJSON returns a bigint", { toJSON: () => 1n }],
    ["an object with a field named __proto__", JSON.parse('{"__proto__": {"password": "x"}}')],
    ["an object that holds itself", circular],
    ["an instance whose constructor is gone", { inner: Object.assign(Object.create({}), { constructor: undefined }) }],
  ];
}

function largeObjects(): [string, unknown][] {
  const friends = Array.from({ length: 10 }, (_, index) => ({ index }) as Record<string, unknown>);
  for (const one of friends) for (const [index, other] of friends.entries()) one[`friend${index}`] = other;
  let nested: unknown = "deep";
  for (let depth = 0; depth < 20_000; depth++) nested = { nested };
  let shared: unknown = 1;
  for (let level = 0; level < 30; level++) shared = { left: shared, right: shared };
  return [
    ["ten objects that refer to each other", friends[0]],
    ["an error with such a cause", new Error("x", { cause: friends[0] })],
    ["an object nested 20,000 times", nested],
    ["an object that is shared 2^30 times", shared],
    ["an array of a million", new Array(1_000_000).fill({ a: 1 })],
    ["an array of 2^31 holes", new Array(2 ** 31)],
    ["a text of a million letters", "x".repeat(1_000_000)],
  ];
}

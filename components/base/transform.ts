/** Changes the arguments of one child: a partial to merge, or a function that returns new ones. */
export type Transform<Args> = Partial<Args> | ((args: Args) => Args);

export function applyTransform<Args extends object>(transform: Transform<Args> | undefined, args: Args): Args {
  if (transform === undefined) return args;
  return typeof transform === "function" ? transform(args) : { ...args, ...transform };
}

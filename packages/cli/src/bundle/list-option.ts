/**
 * Lets flags take several values, `--root a.json b.json --root c.json`, for a parser that knows one:
 * their values are joined by NUL, which no path holds.
 */
export function joinLists(rawArgs: readonly string[], names: readonly string[]): readonly string[] {
  const rest: string[] = [];
  const lists = new Map<string, string[]>();
  let open: string[] | undefined;
  for (const arg of rawArgs) {
    const [flag = "", ...inline] = arg.split("=");
    if (names.includes(flag)) {
      open = lists.get(flag) ?? [];
      lists.set(flag, open);
      if (inline.length > 0) open.push(inline.join("="));
      continue;
    }
    if (arg.startsWith("-") && arg !== "-") open = undefined;
    if (open === undefined) rest.push(arg);
    else open.push(arg);
  }
  for (const [flag, values] of lists) {
    // A flag without a value is refused by the parser, as any other.
    if (values.length === 0) rest.push(flag);
    else rest.push(`${flag}=${values.join(SEPARATOR)}`);
  }
  return rest;
}

/** The values that {@link joinLists} joined. */
export function splitList(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(SEPARATOR);
}

const SEPARATOR = "\0";

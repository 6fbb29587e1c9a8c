import fc from "fast-check";

/** Decisions of a generator, read from a list of numbers so that fast-check can shrink them. */
export interface Choices {
  /** A whole number from 0 to `limit - 1`; 0 once the list is used up. */
  below(limit: number): number;
  /** One of the items; the first once the list is used up. */
  pick<T>(items: readonly T[]): T;
  /** True once in `times`; false once the list is used up. */
  once(times: number): boolean;
}

/** Reads choices from a list of numbers; whoever generates puts the simplest choice first. */
export function createChoices(numbers: readonly number[]): Choices {
  let at = 0;
  const below = (limit: number): number => {
    const number = numbers[at] ?? 0;
    at += 1;
    return number % limit;
  };
  return {
    below,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new TypeError("There is nothing to pick from.");
      return item;
    },
    once: (times) => below(times) === times - 1,
  };
}

/** Numbers enough for one generated thing. */
export function choiceNumbers(count: number): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.nat(65_535), { minLength: 0, maxLength: count, size: "max" });
}

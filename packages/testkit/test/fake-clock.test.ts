import { expect, test } from "vitest";
import { createFakeClock } from "../src/index.ts";

test("stands still until it is moved, and runs timers in the order in which they fall due", () => {
  const clock = createFakeClock(1000);
  const seen: string[] = [];
  clock.schedule(20, () => seen.push(`second at ${clock.now()}`));
  clock.schedule(10, () => {
    seen.push(`first at ${clock.now()}`);
    clock.schedule(5, () => seen.push(`nested at ${clock.now()}`));
  });
  const cancel = clock.schedule(10, () => seen.push("cancelled"));
  cancel();
  expect(clock.now()).toBe(1000);
  clock.advance(19);
  expect(seen).toEqual(["first at 1010", "nested at 1015"]);
  clock.advance(1);
  expect(seen).toEqual(["first at 1010", "nested at 1015", "second at 1020"]);
  expect([clock.now(), clock.monotonic()]).toEqual([1020, 20]);
});

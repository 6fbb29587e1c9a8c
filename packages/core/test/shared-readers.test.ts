import { expect, test } from "vitest";
import { createReaders } from "../src/evaluate/variables.ts";
import { path } from "./support/policy-builders.ts";

test("conditions that read the same path share one reader", () => {
  const readerOf = createReaders();
  expect(readerOf(path("args.to", "string"))).toBe(readerOf(path("args.to", "string")));
});

test.for([
  ["another type", path("args.to", "int")],
  ["another element type", path("args.to", { list: "string" })],
  ["another root", path("context.to", "string")],
  ["another name", path("args.from", "string")],
  ["a deeper path", path("args.to.name", "string")],
] as const)("%s is another reader", ([, other]) => {
  const readerOf = createReaders();
  expect(readerOf(other)).not.toBe(readerOf(path("args.to", "string")));
});

test("an index and a member of the same digits are not the same step", () => {
  const readerOf = createReaders();
  const index = path("args.0", "string");
  expect(readerOf({ ...index, path: ["0"] })).not.toBe(readerOf(index));
});

test("readers of two policies are their own", () => {
  expect(createReaders()(path("args.to"))).not.toBe(createReaders()(path("args.to")));
});

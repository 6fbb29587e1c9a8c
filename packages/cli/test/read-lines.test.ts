import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines } from "../src/read-lines.ts";
import type { InputLine } from "../src/read-lines.ts";
import { collectAll } from "./support/collect-all.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

async function collect(
  input: string | Uint8Array,
  { maxBytes = 100, size = 7 } = {},
): Promise<readonly InputLine[]> {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  return await collectAll(readLines(inChunks(bytes, size), { maxBytes }));
}

const show = (line: InputLine) => (line.ok ? line.text : line.code);

test.for([
  ["no input has no line", "", []],
  ["a last line without its end counts", "a\nb", ["a", "b"]],
  ["an end of the last line opens no further one", "a\nb\n", ["a", "b"]],
  ["CRLF ends a line", "a\r\nb\r\n", ["a", "b"]],
  ["only one carriage return belongs to the end", "a\r\r\n", ["a\r"]],
  ["an empty line is a line", "a\n\n\nb", ["a", "", "", "b"]],
  ["a byte order mark stays", "\uFEFFa", ["\uFEFFa"]],
  ["a line as long as allowed", `${"x".repeat(100)}\r\ny`, ["x".repeat(100), "y"]],
  ["a line one byte too long", `${"x".repeat(101)}\ny`, ["line-too-long", "y"]],
  ["a last line too long", `y\n${"x".repeat(500)}`, ["y", "line-too-long"]],
] as const)("%s", async ([, input, expected]) => {
  for (const size of [1, 2, 7, 1000]) {
    expect((await collect(input, { size })).map(show)).toEqual(expected);
  }
});

test("a line that is not UTF-8 does not end the run", async () => {
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0xc3, 0x28, 0x0a, 0x62])]);
  expect((await collect(bytes)).map(show)).toEqual(["a", "not-utf8", "b"]);
});

test("a character that is cut by a chunk stays whole", async () => {
  expect((await collect("ä😀\nß", { size: 1 })).map(show)).toEqual(["ä😀", "ß"]);
});

test("lines are numbered from 1, unreadable ones too", async () => {
  const lines = await collect(`a\n${"x".repeat(200)}\nb`);
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
});

test("property: any bytes in any chunks give the lines between the newlines", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      async (bytes, size) => {
        const expected = Buffer.from(bytes).toString("latin1").split("\n");
        if (expected.at(-1) === "") expected.pop();
        const lines = await collect(bytes, { size });
        expect(lines).toHaveLength(expected.length);
        expect(await collect(bytes, { size: 1000 })).toEqual(lines);
      },
    ),
  );
});

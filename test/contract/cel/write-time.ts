import { LEVEL, atom, call, inParentheses, join } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { readOr, readText, write, writeChoice } from "./writer.ts";
import type { Writer } from "./writer.ts";

/** Writes a timestamp. */
export function writeTimestamp(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const leaf = (): Fragment =>
    readOr(writer, ["timestamp"], () => atom(`timestamp("${choices.pick(TIMES)}")`));
  if (depth <= 0) return leaf();
  const next = depth - 1;
  switch (choices.below(6)) {
    case 0:
    case 1:
      return leaf();
    case 2: {
      const b = write("duration", writer, next);
      const operator = choices.pick([" + ", " - "]);
      const right = b.level === LEVEL.sum ? inParentheses(b) : b;
      return join(LEVEL.sum, LEVEL.sum, [write("timestamp", writer, next), operator, right]);
    }
    case 3:
      return call("timestamp", readText(writer));
    case 4:
      return call("timestamp", write("int", writer, next));
    default:
      return writeChoice("timestamp", writer, next);
  }
}

/** Writes a duration. */
export function writeDuration(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const leaf = (): Fragment => atom(`duration("${choices.pick(DURATIONS)}")`);
  if (depth <= 0) return leaf();
  const next = depth - 1;
  switch (choices.below(5)) {
    case 0:
    case 1:
      return leaf();
    case 2: {
      const kind = choices.pick(["timestamp", "duration"] as const);
      const b = write(kind, writer, next);
      const operator = kind === "timestamp" ? " - " : choices.pick([" + ", " - "]);
      const right = b.level === LEVEL.sum ? inParentheses(b) : b;
      return join(LEVEL.sum, LEVEL.sum, [write(kind, writer, next), operator, right]);
    }
    case 3:
      return call("duration", readText(writer));
    default:
      return writeChoice("duration", writer, next);
  }
}

const TIMES = [
  "2026-11-20T10:00:00Z",
  "1970-01-01T00:00:00Z",
  "2026-11-20T10:00:00.5+01:30",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
] as const;

const DURATIONS = ["0s", "1h30m", "-1.5s", "500ms", "86400s", "2540400h"] as const;

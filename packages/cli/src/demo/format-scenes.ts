import { toPrintable } from "../printable.ts";
import type { Scene } from "./content-scenes.ts";
import type { Ink } from "./ink.ts";

/** The scenes about contents, as lines of text. */
export function formatScenes(scenes: readonly Scene[], ink: Ink): string {
  return [
    ink("bold", `── what is in results and definitions ${"─".repeat(71)}`),
    ...scenes.flatMap(({ title, unguarded, guarded, isCaught }) => [
      `${isCaught ? ink("green", "✓") : ink("red", "✗")} ${title}`,
      `    unguarded  ${toPrintable(unguarded)}`,
      `    guarded    ${isCaught ? toPrintable(guarded) : ink("red", toPrintable(guarded))}`,
    ]),
    "",
    "",
  ].join("\n");
}

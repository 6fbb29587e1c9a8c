import type { FactProvider } from "@portcullis/core";
import type { RootStyleSource } from "../../shape/style-shape.ts";
import { celFact } from "./style-context.ts";
import type { StyleContext, StyleRefusal } from "./style-context.ts";

interface Roots {
  readonly within: readonly string[];
  readonly base?: string | undefined;
  readonly flavour?: "posix" | "win32" | undefined;
  readonly caseInsensitive?: boolean | undefined;
}

/** What a style of `roots` refuses. */
export function rootRefusals(
  source: RootStyleSource,
  { operand, provider, report }: StyleContext,
): readonly StyleRefusal[] {
  const isBare = isFolders(source);
  const roots: Roots = isBare ? { within: source } : source;
  const { within, base, flavour, caseInsensitive } = roots;
  const options = { base, flavour, caseInsensitive };
  const rules = { flavour, caseInsensitive };
  let isSound = true;
  within.forEach((folder, index) => {
    if (isFolder(folder, provider, rules)) return;
    isSound = false;
    report(isBare ? ["roots", index] : ["roots", "within", index], FOLDER);
  });
  if (base !== undefined && !isFolder(base, provider, rules)) {
    isSound = false;
    report(["roots", "base"], FOLDER);
  }
  if (!isSound) return [];
  const fact = celFact("path", operand, options);
  const allowed = within.map((folder) => `${fact}.within(${JSON.stringify(folder)})`);
  return [
    {
      list: "allow",
      refused: `!(${allowed.join(" || ")})`,
      message: "This path lies outside of the permitted folders.",
      hint:
        base === undefined
          ? "Write an absolute path, plainly, without `~`."
          : "Write a path that does not lead out of the working folder.",
    },
  ];
}

const FOLDER = "A folder is an absolute path without `.` and `..`, such as `/workspace`.";

function isFolders(source: RootStyleSource): source is readonly string[] {
  return Array.isArray(source);
}

/** Whether the typed function itself takes the text as a folder: then it lies within itself. */
function isFolder(
  folder: string,
  provider: FactProvider,
  { flavour, caseInsensitive }: Pick<Roots, "flavour" | "caseInsensitive">,
): boolean {
  const within = provider.predicates?.within;
  if (within === undefined) return false;
  try {
    const extract = provider.prepare({
      ...(flavour === undefined ? {} : { flavour }),
      ...(caseInsensitive === undefined ? {} : { caseInsensitive }),
    });
    const result = extract(folder, { now: 0 });
    const field = result.ok ? result.value[within.field] : undefined;
    return field !== undefined && within.test(field, folder);
  } catch {
    return false;
  }
}

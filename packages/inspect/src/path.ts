import type { FactExtractor, FactProvider, JsonObject } from "@portcullis/core";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { flagOption, refuseUnknownOptions, textOption } from "./internal/fact-options.ts";
import { extracted, extractOrFail, failed } from "./internal/fact-result.ts";
import type { LexicalPath, PathFlavour, PathRules } from "./internal/lexical-path.ts";
import { formatPath, isPathWithin, parsePath } from "./internal/lexical-path.ts";

const MAX_LENGTH = 4096;

/**
 * Provider of `path(x)`: a path with `.` and `..` resolved by its text alone.
 *
 * Options: `base`, the folder that relative paths start from and that no path may leave; without it
 * only absolute paths are read. `flavour`, `posix` (default) or `win32`. `caseInsensitive` (default
 * only for `win32`): names are folded, in `value` too. Symbolic links are not seen: see
 * {@link assertWithin}.
 *
 * `location` is the value with the rules it was read by; `within(folder)` compares it segment by
 * segment, so that `/database` does not lie within `/data`.
 *
 * @example
 * ```ts
 * import { pathFacts } from "@portcullis/inspect/path";
 *
 * const extract = pathFacts().prepare({ base: "/workspace" });
 * extract("notes/../a.TXT", { now: 0 }); // value "/workspace/a.TXT", extension "txt"
 * extract("../etc/passwd", { now: 0 }); // { ok: false, code: "escapes" }
 * ```
 */
export function pathFacts(): FactProvider {
  return {
    type: "path",
    version: 1,
    fields: {
      value: "string",
      segments: { list: "string" },
      basename: "string",
      extension: "string",
      hidden: "bool",
      location: "string",
    },
    predicates: {
      within: {
        field: "location",
        test(location, folder) {
          if (typeof location !== "string" || typeof folder !== "string") {
            throw new TypeError("Texts.");
          }
          const { rules, value } = parseLocation(location);
          const path = parsePath(value, rules, undefined);
          return isPathWithin(path, parseFolder(folder, rules));
        },
      },
    },
    prepare: preparePath,
  };
}

/** How {@link assertWithin} reads paths. */
export interface WithinOptions {
  /** Default `posix`. */
  readonly flavour?: PathFlavour;
  /** Default only for `win32`. */
  readonly caseInsensitive?: boolean;
}

/**
 * Throws unless a real path is a folder or lies below it.
 *
 * For whoever touches files: a fact sees no symbolic links. Take the real path of the file, or of
 * its parent where it is to be created, and the real path of the folder, check with this, and open
 * without following links.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` with reason `path-escapes` otherwise, also when
 * one of both is not absolute.
 *
 * @example
 * ```ts
 * import { realpath } from "node:fs/promises";
 * import { assertWithin } from "@portcullis/inspect/path";
 *
 * const check = async (path: string) =>
 *   assertWithin(await realpath(path), await realpath("/workspace"));
 * ```
 */
export function assertWithin(realPath: string, base: string, options: WithinOptions = {}): void {
  const flavour = options.flavour ?? "posix";
  const rules = { flavour, caseInsensitive: options.caseInsensitive ?? flavour === "win32" };
  let isInside: boolean;
  try {
    isInside = isPathWithin(parsePath(realPath, rules, undefined), parseFolder(base, rules));
  } catch {
    isInside = false;
  }
  if (isInside) return;
  throw new PortcullisError("ERR_ARGUMENTS_INVALID", "The path leads out of its folder.", {
    fields: { reason: "path-escapes" },
  });
}

function preparePath(options: JsonObject): FactExtractor {
  refuseUnknownOptions("path", options, ["base", "flavour", "caseInsensitive"]);
  const flavour = textOption(options, "flavour") ?? "posix";
  if (flavour !== "posix" && flavour !== "win32") {
    throw new PortcullisConfigError("flavour", "`flavour` must be posix or win32.");
  }
  const caseInsensitive = flagOption(options, "caseInsensitive", flavour === "win32");
  const rules: PathRules = { flavour, caseInsensitive };
  const baseText = textOption(options, "base");
  const base = baseText === undefined ? undefined : parseBase(baseText, rules);
  return (value) => {
    if (typeof value !== "string") return failed("wrong-type");
    if (value.length > MAX_LENGTH) return failed("too-large");
    return extractOrFail(() => extracted(describe(parsePath(value, rules, base), rules, base)));
  };
}

function parseBase(text: string, rules: PathRules): LexicalPath {
  try {
    return parseFolder(text, rules);
  } catch (cause) {
    throw new PortcullisConfigError(
      "base",
      "`base` must be an absolute path without `.` and `..`.",
      { cause },
    );
  }
}

/** A folder as a policy names it: what does not stand for itself is refused, not resolved. */
function parseFolder(text: string, rules: PathRules): LexicalPath {
  const plain = /[\\/]$/.test(text) && text.length > 1 ? text.slice(0, -1) : text;
  const folder = parsePath(text, rules, undefined);
  const parts = plain.split(rules.flavour === "posix" ? "/" : /[\\/]/);
  const named = parts.filter((part) => part !== "").length - (rules.flavour === "posix" ? 0 : 1);
  if (named !== folder.segments.length || /(?:^|[\\/])\.{1,2}(?:[\\/]|$)/.test(plain)) {
    throw new TypeError("A folder is an absolute path without `.` and `..`.");
  }
  return folder;
}

function describe(path: LexicalPath, rules: PathRules, base: LexicalPath | undefined): JsonObject {
  const value = formatPath(path, rules.flavour);
  const basename = path.segments.at(-1) ?? "";
  const own = path.segments.slice(base?.segments.length ?? 0);
  return {
    value,
    segments: path.segments,
    basename,
    extension: (/[^.]\.([^.]+)$/.exec(basename)?.[1] ?? "").toLowerCase(),
    hidden: own.some((segment) => segment.startsWith(".")),
    location: `${rules.flavour}:${rules.caseInsensitive ? "fold" : "exact"}:${value}`,
  };
}

function parseLocation(location: string): { readonly rules: PathRules; readonly value: string } {
  const [, flavour, comparison, value] = /^(posix|win32):(fold|exact):(.*)$/s.exec(location) ?? [];
  if ((flavour !== "posix" && flavour !== "win32") || value === undefined) {
    throw new TypeError("Not a location.");
  }
  return { rules: { flavour, caseInsensitive: comparison === "fold" }, value };
}

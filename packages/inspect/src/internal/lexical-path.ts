import { FactFailure } from "./fact-result.ts";

/** Whose rules a path follows. */
export type PathFlavour = "posix" | "win32";

/** How paths are read and compared. */
export interface PathRules {
  readonly flavour: PathFlavour;
  /** Whether names that differ only by case are the same file; then they are folded. */
  readonly caseInsensitive: boolean;
}

/** An absolute path without `.`, `..` and empty segments. */
export interface LexicalPath {
  /** `/`, or a drive such as `C:\`. */
  readonly root: string;
  readonly segments: readonly string[];
}

const MAX_BYTES = 4096;
const MAX_SEGMENTS = 64;
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?:\..*)?$/i;

/**
 * Reads a path by its text alone; the file system is never asked.
 *
 * A relative path is joined to `base`. `..` never leads above the root or the base.
 *
 * @throws {FactFailure} `malformed`, `too-large` or `escapes`.
 */
export function parsePath(
  text: string,
  rules: PathRules,
  base: LexicalPath | undefined,
): LexicalPath {
  if (new TextEncoder().encode(text).length > MAX_BYTES) throw new FactFailure("too-large");
  // Format characters are left out by some file systems, so that `.g\u200cit` is `.git`.
  if (text === "" || /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(text)) {
    throw new FactFailure("malformed");
  }
  // A shell or a library may take it for a home folder.
  if (text.startsWith("~")) throw new FactFailure("malformed");
  const { root, parts } = split(fold(text.normalize("NFC"), rules), rules.flavour);
  if (root === undefined && base === undefined) throw new FactFailure("malformed");
  if (parts.length > MAX_SEGMENTS) throw new FactFailure("too-large");
  const segments = [...(root === undefined ? (base?.segments ?? []) : [])];
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    if (part !== "..") segments.push(checkSegment(part, rules.flavour));
    else if (segments.pop() === undefined) throw new FactFailure("escapes");
  }
  if (segments.length > MAX_SEGMENTS) throw new FactFailure("too-large");
  const path: LexicalPath = { root: root ?? base?.root ?? "/", segments };
  if (base !== undefined && !isPathWithin(path, base)) throw new FactFailure("escapes");
  return path;
}

/** Tells whether a path is a folder or lies below it, segment by segment. */
export function isPathWithin(path: LexicalPath, folder: LexicalPath): boolean {
  return (
    path.root === folder.root &&
    folder.segments.every((segment, index) => segment === path.segments[index])
  );
}

/** Writes a path. */
export function formatPath({ root, segments }: LexicalPath, flavour: PathFlavour): string {
  return `${root}${segments.join(flavour === "posix" ? "/" : "\\")}`;
}

function fold(text: string, { caseInsensitive }: PathRules): string {
  // Upper case first, so that `ſ` and the Kelvin sign meet the letters file systems take them for.
  return caseInsensitive ? text.toUpperCase().toLowerCase() : text;
}

function split(
  text: string,
  flavour: PathFlavour,
): { readonly root: string | undefined; readonly parts: readonly string[] } {
  if (flavour === "posix") {
    // POSIX leaves the meaning of exactly two slashes open (XBD §4.16).
    if (text.includes("\\") || /^\/\/(?!\/)/.test(text)) throw new FactFailure("malformed");
    const parts = text.split("/");
    return text.startsWith("/") ? { root: "/", parts } : { root: undefined, parts };
  }
  const [, drive, rest] = /^([A-Za-z]:)(.*)$/s.exec(text) ?? [];
  if (drive === undefined) {
    // `\x` depends on the current drive, `\\server` and `\\?\` leave the file system.
    if (/^[\\/]/.test(text)) throw new FactFailure("malformed");
    return { root: undefined, parts: text.split(/[\\/]/) };
  }
  // `C:x` starts from the current folder of the drive.
  if (rest === undefined || !/^[\\/]/.test(rest)) throw new FactFailure("malformed");
  return { root: `${drive}\\`, parts: rest.split(/[\\/]/) };
}

function checkSegment(segment: string, flavour: PathFlavour): string {
  if (flavour === "posix") return segment;
  const isRefused =
    /[:<>"|?*]/.test(segment) ||
    // Windows removes dots and spaces at the end, and knows long names by short ones.
    /[. ]$/.test(segment) ||
    /~\d/.test(segment) ||
    DEVICE.test(segment);
  if (isRefused) throw new FactFailure("malformed");
  return segment;
}

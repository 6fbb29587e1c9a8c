/** A path below the policy's folder, or what is wrong with it. */
export type RelativePathResult =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly message: string };

/** Resolves a relative path, as written in a file of a folder, to one below the policy's folder. */
export function resolveRelativePath(folder: string, written: string): RelativePathResult {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(written)) {
    return {
      ok: false,
      message: "Files are named by relative paths below the policy's folder; nothing is fetched.",
    };
  }
  if (written.startsWith("/") || written.includes("\\") || /\p{Cc}/u.test(written)) {
    return {
      ok: false,
      message:
        "Write a relative path with `/`, below the policy's folder, such as `schemas/refund.json`.",
    };
  }
  const segments = folder === "" ? [] : folder.split("/");
  for (const segment of written.split("/")) {
    if (segment === ".") continue;
    if (segment === "")
      return { ok: false, message: "The path has an empty part; write single slashes." };
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) {
      return {
        ok: false,
        message: "The path leaves the policy's folder; keep all files of a policy below it.",
      };
    }
  }
  if (segments.length === 0) return { ok: false, message: "The path names a folder, not a file." };
  return { ok: true, path: segments.join("/") };
}

/** The folder of a relative path, `""` for none. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}

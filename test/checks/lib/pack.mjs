import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicPackages, root } from "./workspaces.mjs";

/** Runs `use` with the path of a fresh folder outside the repository, and removes the folder. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-check-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The environment for a tool that must not know it was started by an npm script.
 *
 * npm tells its children where the project is; a child npm would then install there.
 */
export function outsideEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|INIT_CWD$)/i.test(name) &&
        name !== "NODE_OPTIONS",
    ),
  );
}

/** Packs every public package into `folder`; gives name → path of the tarball. */
export function packAll(folder) {
  const packages = publicPackages();
  const selected = packages.flatMap(({ dir }) => ["--workspace", dir]);
  const output = execFileSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder, ...selected],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env: outsideEnvironment() },
  );
  const packed = Object.values(JSON.parse(output));
  return new Map(packed.map(({ name, filename }) => [name, join(folder, filename)]));
}

// Every workspace is built, tested, linted and published in the same way.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { finish, readJson, root, workspaces } from "./lib/workspaces.mjs";

const TOP_LEVEL =
  /^(\..*|package(-lock)?\.json|tsconfig\.json|packages|adapters|examples|policy-bundles|test|changesets|README\.md|LICENSE)$/;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const problems = [];
const complain = (where, what) => problems.push(`${where}: ${what}`);
const rootManifest = readJson("package.json");
const all = workspaces();
const byName = new Map(all.map((workspace) => [workspace.manifest.name, workspace]));
const licenseText = readFileSync(join(root, "LICENSE"), "utf8");

checkReferences();
checkLayering();
checkTopLevel();
checkLockfile();
checkExact("package.json", rootManifest.devDependencies);
for (const workspace of all) {
  checkDependencies(workspace);
  if (!existsSync(join(root, workspace.dir, "vitest.config.ts")))
    complain(workspace.dir, "has no vitest.config.ts, so its tests do not run");
  if (globSync("test/**/*.test.ts", { cwd: join(root, workspace.dir) }).length === 0)
    complain(workspace.dir, "has no test/*.test.ts");
  if (workspace.isPublic) checkPublic(workspace);
}
finish(problems, `${all.length} workspaces agree`);

/** A project missing from the root references is silently not built. */
function checkReferences() {
  const listed = readJson("tsconfig.json").references.map(({ path }) => path);
  const present = all.flatMap(({ dir }) =>
    readdirSync(join(root, dir))
      .filter((file) => /^tsconfig.*\.json$/.test(file))
      .map((file) => (file === "tsconfig.json" ? dir : `${dir}/${file}`)),
  );
  for (const path of present)
    if (!listed.includes(path)) complain("tsconfig.json", `references lack ${path}`);
  for (const path of listed)
    if (!present.includes(path)) complain("tsconfig.json", `references name ${path}, not there`);
}

/** A package without an override of its own may import anything. */
function checkLayering() {
  const layered = new Set(
    readJson(".oxlintrc.json")
      .overrides.filter(({ rules }) => "eslint/no-restricted-imports" in rules)
      .flatMap(({ files }) => files),
  );
  for (const { dir, isPublic } of all)
    if (isPublic && !layered.has(`${dir}/src/**`))
      complain(".oxlintrc.json", `no layering (no-restricted-imports) for ${dir}/src/**`);
}

function checkTopLevel() {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  const names = new Set(tracked.split("\0").map((path) => path.split("/")[0]));
  for (const name of names)
    if (name !== "" && !TOP_LEVEL.test(name)) complain(name, "does not belong at the top level");
}

/** Holds no addresses, and every platform's binaries: without them `npm ci` refuses the file. */
function checkLockfile() {
  const { packages } = readJson("package-lock.json");
  for (const [path, { resolved, optionalDependencies }] of Object.entries(packages)) {
    if (/^https?:/.test(resolved ?? ""))
      complain("package-lock.json", `${path} holds a download address`);
    for (const name of Object.keys(optionalDependencies ?? {}))
      if (!(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
        complain("package-lock.json", `lacks ${name}, optional for ${path}`);
  }
}

function checkDependencies({ dir, manifest }) {
  checkExact(dir, manifest.dependencies);
  checkExact(dir, manifest.devDependencies);
  const referenced = existsSync(join(root, dir, "tsconfig.json"))
    ? readJson(`${dir}/tsconfig.json`).references.map(({ path }) => join(dir, path))
    : undefined;
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    const target = byName.get(name);
    if (target === undefined) continue;
    if (version !== target.manifest.version)
      complain(dir, `depends on ${name} ${version}, the workspace is ${target.manifest.version}`);
    if (referenced !== undefined && !referenced.includes(target.dir))
      complain(dir, `depends on ${name}, but its tsconfig.json does not reference it`);
  }
}

function checkExact(where, dependencies) {
  for (const [name, version] of Object.entries(dependencies ?? {}))
    if (!EXACT.test(version)) complain(where, `${name} ${version} is not an exact version`);
}

function checkPublic({ dir, manifest }) {
  for (const field of ["license", "type"])
    if (manifest[field] !== rootManifest[field])
      complain(dir, `"${field}" differs from the root package.json`);
  if (manifest.engines?.node !== rootManifest.engines.node)
    complain(dir, `"engines.node" differs from the root package.json`);
  const license = join(root, dir, "LICENSE");
  if (!existsSync(license) || readFileSync(license, "utf8") !== licenseText)
    complain(dir, "LICENSE is not a copy of the root LICENSE");
  for (const entry of ["dist", "!dist/.tsbuildinfo*", "src"])
    if (!manifest.files.includes(entry)) complain(dir, `"files" lacks ${entry}`);

  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (subpath === "./package.json") continue;
    if (Object.keys(target).join() !== "portcullis-source,types,default")
      complain(
        dir,
        `exports["${subpath}"] is not portcullis-source, types, default, in that order`,
      );
    const source = target["portcullis-source"] ?? "";
    const built = source.replace(/^\.\/src\//, "./dist/");
    if (!existsSync(join(root, dir, source))) complain(dir, `${source} of exports is not there`);
    if (target.types !== built.replace(/\.ts$/, ".d.ts"))
      complain(dir, `exports["${subpath}"].types is not what ${source} builds`);
    if (target.default !== built.replace(/\.ts$/, ".js"))
      complain(dir, `exports["${subpath}"].default is not what ${source} builds`);
  }
}

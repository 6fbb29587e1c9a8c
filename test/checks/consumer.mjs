// What a user gets: the packed packages, installed in an empty folder beside the framework.
// Type-checks and runs the programs of `test/consumer` there, without the source condition, and
// measures what core and one adapter bring in besides the framework.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { outsideEnvironment, packAll, withFolder } from "./lib/pack.mjs";
import { finish, readJson, root, workspaces } from "./lib/workspaces.mjs";

/** Both exclusive; an adapter that brings in more is too much for a security control. */
const MAX_PACKAGES = 12;
const MAX_BYTES = 5_000_000;
const SETUPS = [
  {
    name: "@portcullis/ai-sdk",
    frameworks: ["ai", "zod"],
    programs: ["core.ts", "ai-sdk.ts"],
    bounded: true,
  },
  {
    name: "@portcullis/langgraph",
    frameworks: ["@langchain/langgraph", "@langchain/core", "zod"],
    programs: ["core.ts", "langgraph.ts"],
    bounded: true,
  },
  {
    name: "@portcullis/mastra",
    frameworks: ["@mastra/core", "zod"],
    programs: ["core.ts", "mastra.ts"],
    bounded: true,
  },
  { name: "portcullis", frameworks: [], programs: ["portcullis.ts"], bin: "portcullis" },
];

const all = new Map(workspaces().map(({ manifest }) => [manifest.name, manifest]));
const versions = Object.assign(
  {},
  readJson("package.json").devDependencies,
  ...[...all.values()].map(({ devDependencies }) => devDependencies),
);
const problems = [];

await withFolder((folder) => {
  const tarballs = packAll(emptyProject(folder, "tarballs"));
  for (const setup of SETUPS) tryOut(emptyProject(folder, basename(setup.name)), setup, tarballs);
}).catch((error) => problems.push(error.message));
finish(problems, "the packed packages install, type-check and run");

function tryOut(folder, { name, frameworks, programs, bounded, bin }, tarballs) {
  if (frameworks.length > 0)
    install(
      folder,
      frameworks.map((framework) => `${framework}@${versions[framework]}`),
    );
  const before = installed(folder);
  install(
    folder,
    closure(name).map((dependency) => tarballs.get(dependency)),
  );
  const added = [...installed(folder)].filter(([path]) => !before.has(path));
  const bytes = added.reduce((sum, [, size]) => sum + size, 0);
  const figure = `${name} adds ${added.length} packages, ${bytes} bytes to ${frameworks.join(", ") || "nothing"}`;
  console.log(figure);
  if (!added.some(([path]) => path === name)) throw new Error(`${name} was not installed`);
  if (bounded && (added.length >= MAX_PACKAGES || bytes >= MAX_BYTES))
    throw new Error(`${figure}; the bar is under ${MAX_PACKAGES} packages, ${MAX_BYTES} bytes`);

  checkPrograms(folder, programs);
  if (bin !== undefined) run(folder, join(folder, "node_modules/.bin", bin), ["--help"]);
}

/** The package and those of ours it depends on. */
function closure(name) {
  const ours = Object.keys(all.get(name).dependencies ?? {}).filter((other) => all.has(other));
  return [...new Set([name, ...ours.flatMap(closure)])];
}

function checkPrograms(folder, programs) {
  mkdirSync(join(folder, "src"));
  for (const file of programs) cpSync(join(root, "test/consumer", file), join(folder, "src", file));
  cpSync(join(root, "test/consumer/policy.yaml"), join(folder, "policy.yaml"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerOptions(programs)));
  run(folder, join(root, "node_modules/.bin/tsc"), ["-p", "."]);
  for (const file of programs)
    run(folder, process.execPath, [join("dist", file.replace(/\.ts$/, ".js"))]);
}

function compilerOptions(programs) {
  return {
    compilerOptions: {
      target: "ES2023",
      lib: ["ES2023", "DOM"],
      module: "NodeNext",
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      rootDir: "src",
      outDir: "dist",
    },
    files: programs.map((file) => `src/${file}`),
  };
}

function install(folder, packages) {
  const options = ["--save-exact", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
  run(folder, "npm", ["install", ...options, ...packages]);
}

function run(folder, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    env: outsideEnvironment(),
  });
  if (status === 0) return;
  throw new Error(`${[basename(command), ...args].join(" ")}\n${error ?? ""}${stdout}${stderr}`);
}

/** Path under node_modules → bytes of its own files, for every package installed. */
function installed(folder, prefix = "") {
  const modules = join(folder, prefix, "node_modules");
  if (!existsSync(modules)) return new Map();
  const names = readdirSync(modules).filter((name) => !name.startsWith("."));
  const paths = names.flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((sub) => `${name}/${sub}`) : [name],
  );
  return new Map(
    paths.flatMap((name) => {
      const path = join(prefix, "node_modules", name);
      const key = prefix === "" ? name : path;
      return [[key, bytesOf(join(folder, path))], ...installed(folder, path)];
    }),
  );
}

function bytesOf(path) {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

function emptyProject(parent, name) {
  const path = join(parent, name);
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return path;
}

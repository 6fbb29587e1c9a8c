// What a user gets: the packed packages, installed in an empty folder beside the frameworks.
// Type-checks and runs `test/consumer/*.ts` there, without the source condition, and measures
// what core and one adapter bring in besides the framework.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { outsideEnvironment, packAll, withFolder } from "./lib/pack.mjs";
import { finish, readJson, root, workspaces } from "./lib/workspaces.mjs";

const MAX_PACKAGES = 12; // exclusive
const MAX_BYTES = 5_000_000; // exclusive
/** The frameworks an adapter's user has already, at the versions the tests run with. */
const FRAMEWORKS = {
  "@portcullis/ai-sdk": ["ai", "zod"],
  "@portcullis/langgraph": ["@langchain/langgraph", "@langchain/core", "zod"],
};
const PROGRAMS = "test/consumer";

const versions = Object.assign(
  {},
  readJson("package.json").devDependencies,
  ...workspaces().map(({ manifest }) => manifest.devDependencies),
);
const problems = [];

await withFolder((folder) => {
  const tarballs = packAll(mkdirIn(folder, "tarballs"));
  for (const [adapter, frameworks] of Object.entries(FRAMEWORKS))
    measure(mkdirIn(folder, `with-${basename(adapter)}`), adapter, frameworks, tarballs);

  const app = mkdirIn(folder, "app");
  const frameworks = [...new Set(Object.values(FRAMEWORKS).flat())];
  install(app, [...frameworks.map(pinned), ...tarballs.values()]);
  checkPrograms(app);
}).catch((error) => problems.push(error.message));
finish(problems, "the packed packages install, type-check and run");

/** Installs the frameworks, then core and the adapter, and compares. */
function measure(folder, adapter, frameworks, tarballs) {
  install(folder, frameworks.map(pinned));
  const before = installed(folder);
  install(folder, [tarballs.get("@portcullis/core"), tarballs.get(adapter)]);
  const added = [...installed(folder)].filter(([path]) => !before.has(path));
  const bytes = added.reduce((sum, [, size]) => sum + size, 0);
  const figure = `@portcullis/core and ${adapter} add ${added.length} packages, ${bytes} bytes`;
  console.log(figure);
  if (!added.some(([path]) => path === adapter)) problems.push(`${adapter} was not installed`);
  if (added.length >= MAX_PACKAGES || bytes >= MAX_BYTES)
    problems.push(`${figure}; the bar is under ${MAX_PACKAGES} packages and ${MAX_BYTES} bytes`);
}

function checkPrograms(folder) {
  const programs = readdirSync(join(root, PROGRAMS)).filter((file) => file.endsWith(".ts"));
  cpSync(join(root, PROGRAMS), join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerOptions(programs)));
  run(folder, join(root, "node_modules/.bin/tsc"), ["-p", "."]);
  for (const file of programs)
    run(folder, process.execPath, [join("dist", file.replace(/\.ts$/, ".js"))]);
  run(folder, join(folder, "node_modules/.bin/portcullis"), ["--help"]);
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
  run(folder, "npm", [
    "install",
    "--save-exact",
    "--ignore-scripts",
    "--prefer-offline",
    "--loglevel=error",
    ...packages,
  ]);
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

function pinned(name) {
  return `${name}@${versions[name]}`;
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

function mkdirIn(folder, name) {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return path;
}

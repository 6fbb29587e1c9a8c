// publint and attw over the tarball of every public package.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packAll, withFolder } from "./lib/pack.mjs";
import { finish, root } from "./lib/workspaces.mjs";

const tools = [
  { bin: "publint", args: ["run", "--strict"] },
  { bin: "attw", args: ["--profile", "esm-only", "--format", "ascii"] },
];
const problems = [];

await withFolder((folder) => {
  for (const [name, tarball] of packAll(folder))
    for (const { bin, args } of tools) {
      const { status, stdout, stderr } = spawnSync(
        join(root, "node_modules/.bin", bin),
        [...args, tarball],
        { encoding: "utf8" },
      );
      if (status !== 0) problems.push(`${name}: ${bin}\n${stdout}${stderr}`);
    }
});
finish(problems, "publint and attw accept every public package");

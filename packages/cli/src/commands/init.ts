import { relative, resolve } from "node:path";
import { EXIT } from "../exit-code.ts";
import { INIT_FILES } from "../init-files.ts";
import { toPrintable } from "../printable.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeNewFiles } from "../write-new-files.ts";

/** `portcullis init [dir]`: a policy, its tests and an example, never over an existing file. */
export const initVerb: Verb = defineVerb({
  name: "init",
  summary: "Write a first policy with its tests and an example",
  args: {
    dir: { type: "positional", description: "Folder to write to", required: false, default: "." },
    force: { type: "boolean", description: "Replace files that are there with other content" },
    json: { type: "boolean", description: "Print what was done as JSON" },
  },
  details: `
It asks nothing. If one of the files is there with other content, nothing is written.

Exit codes: 0 written or already there, 1 a file is in the way, 2 used wrongly.`,
  async run({ dir, force, json }, io) {
    const folder = resolve(io.cwd, dir);
    const result = await writeNewFiles(folder, INIT_FILES, { force: force === true });
    if (json === true) await io.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.conflicts.length > 0) {
      const list = result.conflicts.map((name) => `  ${name}\n`).join("");
      await io.stderr.write(
        `portcullis: nothing was written, these files are there with other content:\n${list}Use --force to replace them, or name another folder.\n`,
      );
      return EXIT.findings;
    }
    if (json === true) return EXIT.ok;
    const place = relative(io.cwd, folder);
    const lines = INIT_FILES.map(({ name, purpose }) => {
      const state = result.written.includes(name) ? "wrote" : "kept ";
      return `${state} ${toPrintable(place === "" ? name : `${place}/${name}`)}  (${purpose})\n`;
    });
    await io.stdout.write(lines.join(""));
    await io.stderr.write(
      `\nTry:  npx portcullis eval --tool rm --args '{"path":"/"}'\n      npx portcullis test --coverage\n      node --test\n`,
    );
    return EXIT.ok;
  },
});

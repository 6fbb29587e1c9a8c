import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { shellFacts } from "../src/shell.ts";
import { extractWith, fieldsOf } from "./support/facts.ts";

const shells = ["bash", "dash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);
const hasBash = shells.includes("bash");
if (!hasBash && process.env["CI"] === "true") throw new Error("CI needs a bash.");
const reason = hasBash ? "" : " (skipped: there is no bash)";

const folder = mkdtempSync(join(tmpdir(), "portcullis-shell-"));
afterAll(() => rmSync(folder, { recursive: true }));
const bin = join(folder, "bin");
const log = join(folder, "log");
mkdirSync(bin);

// Harmless programs that write down their names; some of them run another one, as the real ones do.
const PLAIN = [
  "alpha",
  "beta",
  "gamma",
  "delta",
  "id",
  "ls",
  "cat",
  "wc",
  "echo",
  "printf",
  "true",
  "false",
  "pwd",
];
const run = (name: string, body: string): void => {
  writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} >> '${log}'\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
};
for (const name of PLAIN) run(name, name === "false" ? "exit 1" : `echo "$0"`);
const outside = (name: string): string =>
  execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
for (const name of ["env", "nice", "nohup", "timeout", "sh", "bash"]) {
  if (spawnSync("sh", ["-c", `command -v ${name}`]).status === 0)
    run(name, `exec ${outside(name)} "$@"`);
}
run("sudo", 'exec "$@"');

// Builtins would not be found in the folder.
const PRELUDE = "enable -n echo printf true false pwd test [ 2>/dev/null\n";

function executed(shell: string, script: string): readonly string[] {
  writeFileSync(log, "");
  const text = shell === "bash" ? `${PRELUDE}${script}` : script;
  spawnSync(outside(shell), ["-c", text], {
    cwd: folder,
    env: { PATH: bin },
    stdio: "ignore",
    timeout: 20_000,
  });
  return [
    ...new Set(
      readFileSync(log, "utf8")
        .split("\n")
        .filter((name) => name !== ""),
    ),
  ];
}

const name = fc.constantFrom("alpha", "beta", "gamma", "delta", "id", "ls");
const quotedName = name.chain((text) =>
  fc.constantFrom(
    text,
    `"${text}"`,
    `'${text}'`,
    `\\${text}`,
    `${text.slice(0, 1)}''${text.slice(1)}`,
    `${text.slice(0, 1)}""${text.slice(1)}`,
    `${text.slice(0, 2)}\\\n${text.slice(2)}`,
  ),
);
const script = fc.letrec<{ command: string; word: string; list: string; simple: string }>(
  (tie) => ({
    word: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(
        "x",
        "'a b'",
        '"a b"',
        "-n",
        "'$(alpha)'",
        "\\$x",
        "${y}",
        '"$y"',
        "#",
        "a#b",
        "'a\"b'",
        "1",
      ),
      tie("list").map((list) => `$(${list})`),
      tie("list").map((list) => `"a $( ${list} ) b"`),
      tie("list").map((list) => `\${z:-$(${list})}`),
      tie("simple")
        .filter((text) => !/[`\\]/.test(text))
        .map((text) => `\`${text}\``),
    ),
    simple: fc
      .tuple(quotedName, fc.array(tie("word"), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest].join(" ")),
    command: fc.oneof(
      { depthSize: "small" },
      tie("simple"),
      tie("simple").map((text) => `A=1 ${text}`),
      tie("simple").map((text) => `${text} 2>/dev/null`),
      tie("simple").map((text) => `! ${text}`),
      tie("simple").map((text) => `env B=1 ${text.replace(/^\\/, "")}`),
      tie("simple").map((text) => `nice -n 1 ${text.replace(/^\\/, "")}`),
      tie("simple").map((text) => `sudo timeout 9 ${text.replace(/^\\/, "")}`),
      tie("simple").map((text) => `${text} <<E\n$(alpha) text\nE\n`),
      tie("simple").map((text) => `${text} <<'E'\n$(alpha) text\nE\n`),
      tie("list")
        .filter((text) => !/['\\]/.test(text))
        .map((text) => `sh -c '${text}'`),
      tie("list").map((text) => `( ${text}\n)`),
      tie("list").map((text) => `{ ${text}\n}`),
      tie("list").map((text) => `if ${text}\nthen beta\nelse gamma\nfi`),
      tie("list").map((text) => `for i in 1 2; do ${text}\ndone`),
      tie("list").map((text) => `while alpha; do ${text}\nbreak; done`),
      tie("list").map((text) => `case a in (b) beta;; a) ${text}\n;; esac`),
      tie("simple").map((text) => `[ -n x ] && ${text}`),
      tie("simple").map((text) => `y=$(${text}) delta`),
    ),
    list: fc
      .array(fc.tuple(tie("command"), fc.constantFrom("\n", "; ", " && ", " || ", " | ")), {
        minLength: 1,
        maxLength: 3,
      })
      .map((items) =>
        items
          .map(([text, separator], index) => {
            if (index === items.length - 1) return text;
            // A here-document ends its line.
            return text.endsWith("\n") ? text : `${text}${separator}`;
          })
          .join(""),
      ),
  }),
).list;

const read = extractWith(shellFacts());
const COUNT = process.env["PORTCULLIS_LONG"] === "1" ? 200 : 50;

test.skipIf(!hasBash)(
  `whatever a real shell runs of a script, the fact names${reason}`,
  () => {
    let compared = 0;
    let ran = 0;
    // Scripts that the fact does not read say nothing; enough of the others are wanted.
    for (const text of fc.sample(script, { numRuns: COUNT * 4, seed: 42 })) {
      const result = read(text);
      if (!result.ok || compared >= COUNT) continue;
      compared += 1;
      const { names } = fieldsOf(result);
      for (const shell of shells) {
        for (const found of executed(shell, text)) {
          ran += 1;
          expect([shell, text, names]).toEqual([shell, text, expect.arrayContaining([found])]);
        }
      }
    }
    expect(compared).toBe(COUNT);
    expect(ran).toBeGreaterThan(COUNT);
  },
  600_000,
);

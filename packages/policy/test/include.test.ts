import { expect, test } from "vitest";
import { loadPolicy, validatePolicyYaml } from "../src/index.ts";
import type { PolicyFile } from "../src/index.ts";

const MAIN = `portcullis: 1
name: parts
include: [tools/all.yaml, "rules/*.yaml"]
roles: { a: {} }
`;
const FILES: Readonly<Record<string, string>> = {
  "tools/all.yaml":
    "include: [more/pay.yaml]\ntools:\n  look: { class: read, input: ../schemas/look.json }\n",
  "tools/more/pay.yaml":
    "portcullis: 1\ntools: { pay: { class: pay, input: { type: object } } }\nroles: { b: {} }\n",
  "schemas/look.json": '{\n\t"type": "object",\n\t"properties": { "id": { "type": "string" } }\n}',
  "rules/b.yaml": "rules: [{ id: b, effect: forbid, tools: [look], when: args.id == 'x' }]\n",
  "rules/a.yaml":
    "rules: [{ id: a, effect: permit, tools: [look] }]\nlimits: [{ id: l, per: [agent], rate: 1/s }]\n",
  "rules/.hidden.yaml": "nonsense",
  "rules/a_test.yaml": "tests: []",
};

function source(main: string, files: Readonly<Record<string, string>> = FILES): PolicyFile {
  return {
    file: "policies/policy.yaml",
    text: main,
    read: async (path) => {
      if (!Object.hasOwn(files, path)) throw new Error("ENOENT");
      return files[path] ?? "";
    },
    list: async (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
  };
}

const problems = async (
  main: string,
  files: Readonly<Record<string, string>> = FILES,
): Promise<string> => {
  const result = await validatePolicyYaml(source(main, files));
  if (result.ok) return "";
  return result.issues
    .map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
    .join("\n");
};

test("unites the files that are named, patterns sorted, places relative to each", async () => {
  const result = await validatePolicyYaml(source(MAIN));
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  const { document } = result;
  expect(Object.keys(document.tools).toSorted()).toEqual(["look", "pay"]);
  expect(Object.keys(document.roles).toSorted()).toEqual(["a", "b"]);
  expect(document.rules.map(({ id, at }) => [id, at])).toEqual([
    ["a", "policies/rules/a.yaml:1:15"],
    ["b", "policies/rules/b.yaml:1:55"],
  ]);
  expect(document.limits).toHaveLength(1);
});

test("loads from a path with a reader, without the path of the machine", async () => {
  const asked: string[] = [];
  const document = await loadPolicy("/srv/x/policy.yaml", {
    readFile: async (path) => {
      asked.push(path);
      return path === "/srv/x/policy.yaml" ? MAIN : (FILES[path.slice("/srv/x/".length)] ?? "");
    },
    listFiles: async (folder) => (folder === "/srv/x/rules" ? ["a.yaml"] : []),
  });
  expect(document.rules[0]?.at).toBe("rules/a.yaml:1:15");
  expect(asked).toContain("/srv/x/tools/more/pay.yaml");
  expect(JSON.stringify(document)).not.toContain("/srv");
});

const filesWith = (path: string, text: string): Readonly<Record<string, string>> => ({
  ...FILES,
  [path]: text,
});

test.for<readonly [string, string, Readonly<Record<string, string>>, string]>([
  [
    "a missing file",
    MAIN.replace("tools/all", "tools/none"),
    FILES,
    "policies/policy.yaml:3:11 The file `tools/none.yaml` cannot be read.",
  ],
  ["a file twice", MAIN.replace("[tools", "[rules/a.yaml, tools"), FILES, "is included twice"],
  [
    "a cycle",
    MAIN,
    filesWith("tools/more/pay.yaml", "include: [../all.yaml]\n"),
    "policies/tools/more/pay.yaml:1:11 The file `tools/all.yaml` is included twice",
  ],
  ["a pattern without a match", MAIN.replace("rules/*", "rules/x*"), FILES, "No file matches"],
  ["a pattern in a folder", MAIN.replace("rules/*.yaml", "*/a.yaml"), FILES, "in the last part"],
  ["a double star", MAIN.replace("rules/*.yaml", "**/a.yaml"), FILES, "in the last part"],
  ["a path outside", MAIN.replace("tools/all", "../all"), FILES, "leaves the policy's folder"],
  [
    "a member of the main file",
    MAIN,
    filesWith("rules/a.yaml", "mode: shadow\n"),
    "policies/rules/a.yaml:1:1 `mode` belongs in the policy's main file",
  ],
  [
    "a tool twice",
    MAIN,
    filesWith("rules/a.yaml", "tools: { pay: { class: read, input: { type: object } } }\n"),
    "policies/rules/a.yaml:1:10 The tool `pay` is declared twice, first at policies/tools/more/pay.yaml:2:10",
  ],
  [
    "a role twice",
    MAIN,
    filesWith("rules/a.yaml", "roles: { a: {} }\n"),
    "The role `a` is declared twice, first at policies/policy.yaml:4:10",
  ],
  [
    "a rule twice",
    MAIN,
    filesWith("rules/a.yaml", "rules: [{ id: b, effect: forbid }]\n"),
    "first at policies/rules/a.yaml:1:15",
  ],
  [
    "JSON with a comment",
    MAIN,
    filesWith("schemas/look.json", '{ // x\n"type": "object" }'),
    "policies/schemas/look.json:1:3 Not JSON",
  ],
  [
    "JSON with a member twice",
    MAIN,
    filesWith("schemas/look.json", '{"type": "object",\n "type": "string"}'),
    "policies/schemas/look.json:2:2 The key `type` occurs twice",
  ],
  [
    "JSON with a trailing comma",
    MAIN,
    filesWith("schemas/look.json", '{"type": "object",}'),
    "Not JSON",
  ],
  [
    "JSON with something behind",
    MAIN,
    filesWith("schemas/look.json", '{"type": "object"} x'),
    "follows the end",
  ],
  ["JSON with __proto__", MAIN, filesWith("schemas/look.json", '{"__proto__": {}}'), "`__proto__`"],
  [
    "JSON that is nested too deep",
    MAIN,
    filesWith("schemas/look.json", "[".repeat(100_000)),
    "nested more than",
  ],
  ["JSON that is a list", MAIN, filesWith("schemas/look.json", "[]"), "one mapping"],
  [
    "an unknown keyword in a file",
    MAIN,
    filesWith("schemas/look.json", '{"type": "object",\n "propertis": {}}'),
    "policies/schemas/look.json:2:",
  ],
  [
    "YAML problems in a file",
    MAIN,
    filesWith("rules/a.yaml", "rules: [\n"),
    "policies/rules/a.yaml:",
  ],
])("refuses %s", async ([, main, files, expected]) => {
  expect(await problems(main, files)).toContain(expected);
});

test("needs a way to list files for patterns, and to read them at all", async () => {
  const { file, text, read } = source(MAIN);
  const listless = await validatePolicyYaml(
    read === undefined ? { file, text } : { file, text, read },
  );
  expect(JSON.stringify(listless)).toContain("name the files one by one");
  expect(JSON.stringify(await validatePolicyYaml({ file, text }))).toContain("no reader was given");
});

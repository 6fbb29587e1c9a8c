import { expect, test } from "vitest";
import { pathFacts } from "../src/path.ts";
import { permitted, permitWhen } from "./support/policy.ts";
import { HONEST_PATHS as HONEST, SMUGGLED_PATHS as SMUGGLED } from "./support/smuggled-path.ts";

const facts = [pathFacts()];

test.for([
  ['path(args.x).within("/workspace/data") && path(args.x).extension == "txt"'],
  [
    'path(args.x, {"base": "/workspace/data"}).within("/workspace/data") && path(args.x, {"base": "/workspace/data"}).extension == "txt" && !path(args.x, {"base": "/workspace/data"}).hidden',
  ],
  [
    'path(args.x, {"base": "/workspace"}).segments.exists(s, s == "data") && path(args.x, {"base": "/workspace"}).basename.endsWith(".txt") && path(args.x, {"base": "/workspace"}).value.startsWith("/workspace/data/")',
  ],
] as const)("nothing slips through %s", async ([when]) => {
  expect(SMUGGLED.length).toBeGreaterThanOrEqual(60);
  const permits = await permitWhen(when, facts);
  expect(await permitted(SMUGGLED, permits)).toEqual([]);
  expect(await permitted(HONEST, permits)).toEqual(HONEST);
});

test("a forbid of hidden names applies to every spelling", async () => {
  const permits = await permitWhen(
    '!(path(args.x, {"base": "/w", "caseInsensitive": true}).segments.exists(s, s in [".git", ".ssh"]))',
    facts,
  );
  const hidden = [
    ".git",
    ".git/config",
    "/w/.git",
    ".GIT/config",
    ".Git",
    ".g\u200cit/config",
    ".g\u00adit",
    ".git\u200e",
    "a/../.git",
    "./.git",
    ".ſsh/x",
    ".SSH",
    ".git\0x",
    ".git\\config",
    "//w/.git",
    "x/./.git/hooks/pre-commit",
  ];
  expect(await permitted(hidden, permits)).toEqual([]);
  expect(await permits("src/index.ts")).toBe(true);
});

test("nothing slips through a rule for Windows", async () => {
  const options = '{"base": "C:\\\\projects", "flavour": "win32"}';
  const permits = await permitWhen(
    `path(args.x, ${options}).within("c:/projects/data") && path(args.x, ${options}).extension == "txt"`,
    facts,
  );
  const smuggled = [
    "..\\x.txt",
    "data\\..\\..\\x.txt",
    "data/../x.txt",
    "C:\\projects\\x.txt",
    "C:\\projectsdata\\x.txt",
    "D:\\projects\\data\\x.txt",
    "C:data\\x.txt",
    "\\projects\\data\\x.txt",
    "\\\\?\\C:\\projects\\data\\x.txt",
    "\\\\.\\C:\\projects\\data\\x.txt",
    "//?/C:/projects/data/x.txt",
    "\\\\localhost\\c$\\projects\\data\\x.txt",
    "data\\x.txt:stream",
    "data\\x.txt::$DATA",
    "data\\x.txt.",
    "data\\x.txt ",
    "data\\x.exe\0.txt",
    "data\\con.txt",
    "data\\aux.txt",
    "data\\COM1.txt",
    "data\\nul.txt",
    "data\\CONIN$.txt",
    "data\\lpt².txt",
    "data\\PROGRA~1.txt",
    "DATA~1\\x.txt",
    "data\\*.txt",
    "data\\a?.txt",
    "data \\..\\x.txt",
    "data.\\x.txt",
    "data\\.. \\..\\x.txt",
    "data\\...\\x.txt",
    "~\\data\\x.txt",
    "data\\<x>.txt",
    "datax\\a.txt",
  ];
  expect(await permitted(smuggled, permits)).toEqual([]);
  const honest = ["data\\a.txt", "Data/Sub\\B.TXT", "c:\\PROJECTS\\data\\c.txt"];
  expect(await permitted(honest, permits)).toEqual(honest);
});

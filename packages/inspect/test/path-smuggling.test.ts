import { expect, test } from "vitest";
import { pathFacts } from "../src/path.ts";
import { permitted, permitWhen } from "./support/policy.ts";

const facts = [pathFacts()];

// Each names something outside of /workspace/data, or may, for some file system or library.
const SMUGGLED: readonly string[] = [
  "/etc/passwd",
  "/",
  "..",
  "../etc/passwd",
  "../../etc/passwd",
  "../../../../../../../../etc/passwd",
  "a/../../etc/passwd",
  "a/b/c/../../../../etc/passwd",
  "./../etc",
  ".//..//etc",
  "././.././etc",
  "/workspace/data/../../etc/passwd",
  "/workspace/data/../secrets",
  "/workspace/data/..",
  "/workspace/data/a/../..",
  "/workspace/database/x",
  "/workspace/data-old/x",
  "/workspace/data.bak",
  "/workspace/dat",
  "/workspace",
  "/workspace/Data/x",
  "/WORKSPACE/data/x",
  "/workspacedata/x",
  "/x/workspace/data/a",
  "//workspace/data/x",
  "//etc/passwd",
  "..\\etc\\passwd",
  "a\\..\\..\\..\\etc\\passwd",
  "/workspace/data\\..\\..\\etc",
  "..\\/..\\/etc",
  "C:\\Windows\\System32",
  "C:/Windows",
  "\\\\server\\share",
  "\\\\?\\C:\\x",
  "file:\\\\\\etc",
  "~",
  "~/",
  "~/.ssh/id_rsa",
  "~root/.ssh",
  "~+/x",
  "~-/x",
  "a\0/../../etc/passwd",
  "/etc/passwd\0.txt",
  "a\0.txt",
  "a\n/../../etc/passwd",
  "a\r",
  "\u0000",
  "a\u007f",
  "a\u0085b",
  "\ufeff../etc",
  "\u200b../etc/passwd",
  "..\u200b/etc",
  ".\u200d./etc",
  ".\u200d./.\u200d./etc/passwd",
  "a/\u2060../\u2060../etc",
  "a\u202e/../x",
  "a\u2028b",
  "..\ud800/etc",
  "\udc00",
  "",
  "a/".repeat(65),
  "../".repeat(2000),
  "a".repeat(5000),
  "./".repeat(33) + "../../etc/passwd",
  "/proc/self/root/etc/passwd",
  "/dev/fd/3",
  "/workspace/data/../../workspace/data/../../etc",
  "/workspace/data/x/../../../workspace/secrets",
];
const HONEST: readonly string[] = [
  "/workspace/data/a.txt",
  "/workspace/data/b/c/d.txt",
  "/workspace/data/./b/../a.txt",
  "/workspace/data//a.txt",
  "/workspace/data/...txt".replace("...", "x."),
  "/workspace/data/%2e%2e/a.txt",
];

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
  const options = '{"base": "C:\\\\work", "flavour": "win32"}';
  const permits = await permitWhen(
    `path(args.x, ${options}).within("c:/work/data") && path(args.x, ${options}).extension == "txt"`,
    facts,
  );
  const smuggled = [
    "..\\x.txt",
    "data\\..\\..\\x.txt",
    "data/../x.txt",
    "C:\\work\\x.txt",
    "C:\\workdata\\x.txt",
    "D:\\work\\data\\x.txt",
    "C:data\\x.txt",
    "\\work\\data\\x.txt",
    "\\\\?\\C:\\work\\data\\x.txt",
    "\\\\.\\C:\\work\\data\\x.txt",
    "//?/C:/work/data/x.txt",
    "\\\\localhost\\c$\\work\\data\\x.txt",
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
  const honest = ["data\\a.txt", "Data/Sub\\B.TXT", "c:\\WORK\\data\\c.txt"];
  expect(await permitted(honest, permits)).toEqual(honest);
});

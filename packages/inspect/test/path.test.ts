import type { Json } from "@portcullis/core";
import { expect, test } from "vitest";
import { assertWithin, pathFacts } from "../src/path.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const read = extractWith(pathFacts(), { base: "/workspace" });
const readAbsolute = extractWith(pathFacts());
const readWindows = extractWith(pathFacts(), { base: "C:\\work", flavour: "win32" });

test.for([
  [
    "a.txt",
    {
      value: "/workspace/a.txt",
      segments: ["workspace", "a.txt"],
      basename: "a.txt",
      extension: "txt",
      hidden: false,
      location: "posix:exact:/workspace/a.txt",
    },
  ],
  [
    "/workspace/src/../Notes.TAR.Gz",
    {
      value: "/workspace/Notes.TAR.Gz",
      segments: ["workspace", "Notes.TAR.Gz"],
      basename: "Notes.TAR.Gz",
      extension: "gz",
      hidden: false,
      location: "posix:exact:/workspace/Notes.TAR.Gz",
    },
  ],
  [
    ".",
    {
      value: "/workspace",
      segments: ["workspace"],
      basename: "workspace",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace",
    },
  ],
  [
    "/workspace/",
    {
      value: "/workspace",
      segments: ["workspace"],
      basename: "workspace",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace",
    },
  ],
  [
    "./a//b/./c/",
    {
      value: "/workspace/a/b/c",
      segments: ["workspace", "a", "b", "c"],
      basename: "c",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace/a/b/c",
    },
  ],
  [
    ".env",
    {
      value: "/workspace/.env",
      segments: ["workspace", ".env"],
      basename: ".env",
      extension: "",
      hidden: true,
      location: "posix:exact:/workspace/.env",
    },
  ],
  [
    "a/.git/config",
    {
      value: "/workspace/a/.git/config",
      segments: ["workspace", "a", ".git", "config"],
      basename: "config",
      extension: "",
      hidden: true,
      location: "posix:exact:/workspace/a/.git/config",
    },
  ],
  [
    "a%2e%2e/b",
    {
      value: "/workspace/a%2e%2e/b",
      segments: ["workspace", "a%2e%2e", "b"],
      basename: "b",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace/a%2e%2e/b",
    },
  ],
  [
    "cafe\u0301",
    {
      value: "/workspace/café",
      segments: ["workspace", "café"],
      basename: "café",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace/café",
    },
  ],
  [
    "...",
    {
      value: "/workspace/...",
      segments: ["workspace", "..."],
      basename: "...",
      extension: "",
      hidden: true,
      location: "posix:exact:/workspace/...",
    },
  ],
  [
    "a/~x",
    {
      value: "/workspace/a/~x",
      segments: ["workspace", "a", "~x"],
      basename: "~x",
      extension: "",
      hidden: false,
      location: "posix:exact:/workspace/a/~x",
    },
  ],
] as const)("reads %s", ([text, fields]) => {
  expect(fieldsOf(read(text))).toEqual(fields);
});

test.for<readonly [name: string, text: string, code: string]>([
  ["parent of the base", "..", "escapes"],
  ["way out", "../etc/passwd", "escapes"],
  ["way out later", "a/../../etc/passwd", "escapes"],
  ["way out and back in", "../../workspace/x/../../etc", "escapes"],
  ["absolute elsewhere", "/etc/passwd", "escapes"],
  ["name that begins alike", "/workspaces/x", "escapes"],
  ["sibling by dots", "../workspace-old/x", "escapes"],
  ["above the root", "/../../..", "escapes"],
  ["NUL", "a\0b", "malformed"],
  ["line feed", "a\nb", "malformed"],
  ["DEL", "a\u007f", "malformed"],
  ["C1 control", "a\u0085b", "malformed"],
  ["zero-width joiner, which some file systems leave out", ".g\u200dit", "malformed"],
  ["right-to-left override", "a\u202etxt.exe", "malformed"],
  ["lone surrogate", "a\ud800", "malformed"],
  ["home", "~", "malformed"],
  ["home folder", "~/x", "malformed"],
  ["home of another", "~root/x", "malformed"],
  ["backslash", "a\\..\\..\\b", "malformed"],
  ["two slashes at the start", "//workspace/a", "malformed"],
  ["empty", "", "malformed"],
  ["too long", "a".repeat(4097), "too-large"],
  ["too long in bytes", "é".repeat(2049), "too-large"],
  ["too deep", "a/".repeat(64), "too-large"],
  ["too deep with the base", "a/".repeat(63).slice(0, -1) + "/b", "too-large"],
])("refuses %s", ([, text, code]) => {
  expect(codeOf(read(text))).toBe(code);
});

test("without a base only absolute paths are read", () => {
  expect(fieldsOf(readAbsolute("/a/../b"))["value"]).toBe("/b");
  expect(codeOf(readAbsolute("a"))).toBe("malformed");
  expect(codeOf(readAbsolute("/.."))).toBe("escapes");
  expect(codeOf(readAbsolute(7))).toBe("wrong-type");
});

test.for([
  ["a.txt", "c:\\work\\a.txt"],
  ["A\\b/C", "c:\\work\\a\\b\\c"],
  ["c:/WORK/x", "c:\\work\\x"],
  ["C:\\work\\..\\work\\x", "c:\\work\\x"],
] as const)("reads the Windows path %s", ([text, value]) => {
  expect(fieldsOf(readWindows(text))["value"]).toBe(value);
});

test.for<readonly [name: string, text: string, code: string]>([
  ["way out", "..\\x", "escapes"],
  ["other drive", "D:\\work\\x", "escapes"],
  ["drive-relative", "C:x", "malformed"],
  ["drive alone", "C:", "malformed"],
  ["root of the current drive", "\\x", "malformed"],
  ["UNC", "\\\\server\\share", "malformed"],
  ["UNC with slashes", "//server/share", "malformed"],
  ["device namespace", "\\\\?\\C:\\work\\x", "malformed"],
  ["device namespace with a dot", "\\\\.\\PhysicalDrive0", "malformed"],
  ["stream", "a.txt:hidden", "malformed"],
  ["stream of a folder", "a:$DATA\\b", "malformed"],
  ["dot at the end", "a.txt.", "malformed"],
  ["space at the end", "a.txt ", "malformed"],
  ["dots and a space at the end", "...", "malformed"],
  ["device", "con", "malformed"],
  ["device with an extension", "NUL.txt", "malformed"],
  ["device in a folder", "a\\COM1", "malformed"],
  ["device with a superscript", "lpt¹", "malformed"],
  ["console", "CONIN$", "malformed"],
  ["short name", "PROGRA~1", "malformed"],
  ["wildcard", "a*.txt", "malformed"],
  ["question mark", "a?.txt", "malformed"],
  ["pipe", "a|b", "malformed"],
])("refuses on Windows %s", ([, text, code]) => {
  expect(codeOf(readWindows(text))).toBe(code);
});

test.for<readonly [Parameters<typeof extractWith>[1]]>([
  [{ root: "/x" }],
  [{ base: "x" }],
  [{ base: "/a/../b" }],
  [{ base: "/a/./b" }],
  [{ base: "/a//b/.." }],
  [{ base: "~/x" }],
  [{ base: "C:\\x" }],
  [{ base: "/x", flavour: "win32" }],
  [{ flavour: "mac" }],
  [{ caseInsensitive: "yes" }],
  [{ base: 1 }],
])("refuses the options %j", ([options]) => {
  expect(() => pathFacts().prepare(options ?? {})).toThrow(/`.*must|option/);
});

const within = pathFacts().predicates?.within?.test ?? (() => false);
const locate = (text: string, options = {}): Json =>
  fieldsOf(extractWith(pathFacts(), options)(text))["location"] ?? null;

test.for([
  ["/data", "/data", true],
  ["/data/x", "/data", true],
  ["/data/x", "/data/", true],
  ["/database", "/data", false],
  ["/database/x", "/data", false],
  ["/Data/x", "/data", false],
  ["/", "/data", false],
  ["/data", "/", true],
  ["/data/../etc", "/data", false],
  ["/data/cafe\u0301/x", "/data/caf\u00e9", true],
] as const)("%s lies within %s: %s", ([path, folder, expected]) => {
  expect(within(locate(path), folder)).toBe(expected);
});

test("within follows the rules the path was read by", () => {
  const fold = { caseInsensitive: true };
  expect(within(locate("/DATA/x", fold), "/data")).toBe(true);
  expect(within(locate("/data/x", fold), "/DATA")).toBe(true);
  expect(within(locate("/ſecret/x", fold), "/secret")).toBe(true);
  expect(within(locate("C:\\Data\\x", { flavour: "win32" }), "c:/data")).toBe(true);
  expect(within(locate("C:\\Database", { flavour: "win32" }), "c:\\data")).toBe(false);
  expect(within(locate("D:\\data\\x", { flavour: "win32" }), "c:\\data")).toBe(false);
});

test.for([
  ["data"],
  [""],
  ["/a/../data"],
  ["/data/.."],
  ["/./data"],
  ["~/data"],
  ["C:\\data"],
] as const)("a folder %j is an error, not false", ([folder]) => {
  expect(() => within(locate("/data/x"), folder)).toThrow(/^(?:malformed|A folder is)/);
});

test("assertWithin compares real paths", () => {
  expect(() => assertWithin("/workspace/a", "/workspace")).not.toThrow();
  expect(() => assertWithin("C:\\Work\\a", "c:\\work", { flavour: "win32" })).not.toThrow();
  const refused = [
    ["/etc/passwd", "/workspace"],
    ["/workspaces", "/workspace"],
    ["/workspace/../etc", "/workspace"],
    ["a", "/workspace"],
    ["/workspace/a", "workspace"],
    ["/workspace/a", "/x/../workspace"],
    ["/Workspace/a", "/workspace"],
  ] as const;
  for (const [path, base] of refused) {
    expect(() => assertWithin(path, base)).toThrow(
      expect.objectContaining({
        code: "ERR_ARGUMENTS_INVALID",
        fields: { reason: "path-escapes" },
      }),
    );
  }
});

import { expect, test } from "vitest";
import { shellFacts } from "../src/shell.ts";
import { permitted, permitWhen } from "./support/policy.ts";
import {
  HONEST_SHELL as HONEST,
  SHELL_SIDE_EFFECTS as SIDE_EFFECTS,
  SMUGGLED_SHELL as SMUGGLED,
} from "./support/smuggled-shell.ts";

const facts = [shellFacts()];

const LIST = '["ls", "cat", "grep", "wc", "head"]';

test("no other program slips through a list of names", async () => {
  expect(SMUGGLED.length).toBeGreaterThanOrEqual(60);
  const permits = await permitWhen(`shell(args.x).names.all(n, n in ${LIST})`, facts);
  expect(await permitted(SMUGGLED, permits)).toEqual([]);
  expect(await permitted(HONEST, permits)).toEqual(HONEST);
  expect(await permits("ls 2>&1 | cat 2>/dev/null $x")).toBe(true);
});

test("nothing but reading slips through a policy of whole commands", async () => {
  const permits = await permitWhen(
    `shell(args.x).commands.all(c, c.name in ${LIST} && c.static && size(c.assigns) == 0 && size(c.reads) == 0 && c.writes.all(w, w == "/dev/null")) && !shell(args.x).hasBackground`,
    facts,
  );
  expect(await permitted([...SMUGGLED, ...SIDE_EFFECTS, "ls &"], permits)).toEqual([]);
  expect(await permitted(HONEST, permits)).toEqual(HONEST);
  expect(await permits("ls 2>/dev/null")).toBe(true);
});

test("nothing slips through a policy of arguments", async () => {
  const permits = await permitWhen(
    'shell(args.x).commands.all(c, c.name == "git" && size(c.argv) > 0 && c.argv[0].value in ["status", "log", "diff"] && c.argv.all(a, a.static && !a.value.startsWith("--output") && !a.value.startsWith("--ext-diff")) && size(c.writes) == 0 && size(c.assigns) == 0)',
    facts,
  );
  const inArguments = [
    "git",
    "git push",
    "git -c alias.status='!rm x' status",
    "git -c core.pager='rm x' log",
    "git --exec-path=/tmp status",
    "git -C /etc status",
    "git $x",
    "git $x status",
    "git {status,push}",
    "git 'status'x",
    'git "$(echo push)"',
    "git status; git push",
    "git diff --output=/etc/x",
    "git diff --out''put=/etc/x",
    "git diff --ext-diff",
    "git diff $'--ext-diff'",
    "git diff $x",
    "git log > /etc/x",
    "git log | git push",
    "A=1 git status",
    "GIT_DIR=/tmp git status",
    "git() { rm x; }; git status",
    "/tmp/git status",
    "./git status",
    "Git status",
    "git\\ status",
    "'git status'",
    "git \\\n push",
    "git # status\n",
    "git status &&\n git\tpush",
  ];
  expect(await permitted([...SMUGGLED, ...SIDE_EFFECTS, ...inArguments], permits)).toEqual([]);
  const honest = ["git status", "git 'status' -s", "git log -n 5 && git diff HEAD~1"];
  expect(await permitted(honest, permits)).toEqual(honest);
});

test("a forbid applies to what cannot be read", async () => {
  const permits = await permitWhen('!(shell(args.x).names.exists(n, n == "rm"))', facts);
  const hidden = [
    "rm x",
    "r''m x",
    "$X x",
    "eval rm x",
    "ls | xargs rm",
    "sh -c 'rm x'",
    "ls $(rm x)",
    "rm() { :; }",
  ];
  expect(await permitted(hidden, permits)).toEqual([]);
  expect(await permits("ls")).toBe(true);
});

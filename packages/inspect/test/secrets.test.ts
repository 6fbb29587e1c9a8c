import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { secretScanner } from "../src/secrets.ts";
import { fillTemplate } from "./support/secret-samples.ts";

const scanner = secretScanner();
const TOKEN = fillTemplate("ghp_{a36}");
const RANDOM = fillTemplate("{a40}");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What is found, as `rule text`. */
function found(text: string): readonly string[] {
  const { status, findings } = scanner.scan(text, { maxLength: 1_048_576 });
  expect(status).toBe("complete");
  return findings.map(({ rule, start, end }) => `${rule} ${text.slice(start, end)}`);
}

describe("finds", () => {
  test.for([
    [
      "Basic credentials",
      `Authorization: Basic ${base64("ann:k7Wq2")}`,
      [`basic-credentials ${base64("ann:k7Wq2")}`],
    ],
    [
      "a registry's credentials",
      `{"auth": "${base64("ann:k7Wq2")}"}`,
      [`docker-auth ${base64("ann:k7Wq2")}`],
    ],
    ["a password in YAML", "password: k7Wq2-pX9", ["generic-password k7Wq2-pX9"]],
    [
      "a password in JSON in JSON",
      '{\\"password\\":\\"k7Wq2-pX9\\"}',
      ["generic-password k7Wq2-pX9"],
    ],
    ["a password of a command", "login --password k7Wq2-pX9 now", ["generic-password k7Wq2-pX9"]],
    ["a key in code", `const apiKey = "${RANDOM}";`, [`generic-secret ${RANDOM}`]],
    [
      "a URL with its quotes, where they are code's",
      'x = "redis://:k7Wq2-pX9@h";',
      ['redis-connection-string "redis://:k7Wq2-pX9@h";'],
    ],
    [
      "a URL alone, where it is JSON's",
      '{"url": "redis://:k7Wq2-pX9@h"}',
      ["redis-connection-string redis://:k7Wq2-pX9@h"],
    ],
    [
      "an at sign in a password",
      "mysql://a:p@ss7w@host/db",
      ["mysql-connection-string mysql://a:p@ss7w@host/db"],
    ],
    [
      "a token with hidden characters",
      `${TOKEN.slice(0, 9)}\u200b${TOKEN.slice(9)}`,
      [`github-token ${TOKEN.slice(0, 9)}\u200b${TOKEN.slice(9)}`],
    ],
    [
      "a token in base64",
      `x ${base64(`token ${TOKEN}`)} y`,
      [`github-token ${base64(`token ${TOKEN}`)}`],
    ],
    [
      "a token in base64 in base64",
      base64(base64(`t ${TOKEN}`)),
      [`github-token ${base64(base64(`t ${TOKEN}`))}`],
    ],
    [
      "a token in hexadecimal",
      Buffer.from(TOKEN).toString("hex"),
      [`github-token ${Buffer.from(TOKEN).toString("hex")}`],
    ],
    [
      "a token with an escape",
      TOKEN.replace("_", "%5f"),
      [`github-token ${TOKEN.replace("_", "%5f")}`],
    ],
    [
      "a token with an escape of JSON",
      TOKEN.replace("_", "\\u005f"),
      [`github-token ${TOKEN.replace("_", "\\u005f")}`],
    ],
  ] as const)("%s", ([, text, expected]) => {
    expect(found(text)).toEqual(expected);
  });

  test("a container with a key that was read as text", () => {
    const head = String.fromCodePoint(
      0x30,
      0xfffd,
      9,
      0x79,
      2,
      1,
      3,
      0x30,
      0x2a,
      0x48,
      0x0d,
      1,
      7,
      1,
    );
    const bag = String.fromCodePoint(0x0d, 1, 0x0c, 10, 1);
    const whole = `${head}${"\ufffdx".repeat(200)}${bag}${"\ufffdy".repeat(200)}`;
    const mac = String.fromCodePoint(2, 2, 8, 0);
    expect(found(whole + mac)).toEqual([`pkcs12 ${whole}${mac}`]);
    expect(found(whole)).toEqual([]);
    expect(found(head + mac)).toEqual([]);
  });
});

describe("is not fooled by", () => {
  test.for([
    [
      "placeholders",
      "password: changeme\nPASSWORD=${PASSWORD}\ntoken: <your-token-here>\nsecret = {{ secret }}",
    ],
    ["a redacted value", 'password: "[REDACTED:generic-password]"'],
    ["variables", "const token = process.env.GITHUB_TOKEN2; password = get_password(1)"],
    ["tokens of pages", `{"nextPageToken": "${RANDOM}", "csrfToken": "${RANDOM}"}`],
    [
      "what is about secrets",
      "token_type: bearer\ntoken_count=40961234\nsecret_name: prod-db-7\npassword_policy: v2-strict",
    ],
    [
      "URLs with placeholders",
      "postgres://user:password@h/db mysql://root:root@h https://u:${PW}@h",
    ],
    [
      "URLs without a password",
      "postgres://db.internal:5432/orders https://ann@example.com git@github.com:a/b.git",
    ],
    ["a token that is too short", "ghp_abc glpat-abc sk-ant-api03-short xoxb-x"],
    ["a token inside a word", `x${TOKEN}`],
    ["a key that is left out", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"],
    ["a public key", `-----BEGIN PUBLIC KEY-----\n${RANDOM}\n-----END PUBLIC KEY-----`],
    ["a header of a token that is none", `eyJ${RANDOM}.${RANDOM}.${RANDOM}`],
    ["a digest", `sha256-${RANDOM} commit ${fillTemplate("{h40}")}`],
    [
      "prose",
      "The secret of a good token is that nobody knows the password; keep your api key safe.",
    ],
    [
      "prose in other languages",
      "Das Passwort ist geheim. Le mot de passe est secret. 密码是秘密。 كلمة المرور سرية.",
    ],
    [
      "code",
      "function readToken(secret: string): Token { return tokens.get(secret) ?? createToken(); }",
    ],
  ] as const)("%s", ([, text]) => {
    expect(found(text)).toEqual([]);
  });
});

test("of what is too long nothing is said to be known", () => {
  expect(scanner.scan(`${"a ".repeat(600_000)}${TOKEN}`, { maxLength: 50_000_000 })).toEqual({
    status: "truncated",
    findings: [],
  });
  expect(scanner.scan(TOKEN, { maxLength: 10 }).status).toBe("truncated");
});

test("finds a token wherever it stands, and all of it", () => {
  const around = fc.string({
    unit: fc.constantFrom(" ", "\n", '"', "=", ",", "x y", "ß", "%"),
    maxLength: 30,
  });
  fc.assert(
    fc.property(around, around, (before, behind) => {
      const text = `${before} ${TOKEN} ${behind}`;
      expect(found(text)).toContain(`github-token ${TOKEN}`);
    }),
  );
});

test("never throws, gives spans inside the text, and the same each time", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(
      "password=",
      "eyJ",
      "-----BEGIN PRIVATE KEY-----",
      "://a:b@",
      "AKIA",
      "\\u0041",
      "%41",
      TOKEN,
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      const first = scanner.scan(text, { maxLength: 100_000 });
      for (const { start, end } of first.findings) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }
      expect(scanner.scan(text, { maxLength: 100_000 })).toEqual(first);
    }),
  );
});

import { decodeBase64Text } from "../internal/decode-text.ts";
import type { Span } from "../internal/text-view.ts";
import { databaseRules } from "./databases.ts";
import { urlCredentials } from "./credential-url.ts";
import { isPlaceholder, looksLikePassword, looksRandom } from "./placeholder.ts";
import type { SecretRule } from "./rule.ts";
import { nameStart } from "./rule.ts";

const PASSWORD_NAMES = ["passw", "passphrase", "pwd", "passcode"];
const SECRET_NAMES = [
  "secret",
  "token",
  "api_key",
  "apikey",
  "api-key",
  "api key",
  "access_key",
  "accesskey",
  "access-key",
  "auth_key",
  "authkey",
  "private_key",
  "privatekey",
  "credential",
  "encryption_key",
  "encryptionkey",
  "signing_key",
  "signingkey",
  "master_key",
  "masterkey",
  "license_key",
  "service_key",
  "account_key",
  "shared_key",
  "webhook_key",
];

// What names of this end say is about a secret, and is none.
const ABOUT =
  /(?:[_-]?(?:name|id|ids|url|uri|path|file|dir|type|kind|count|counts|limit|length|len|size|expir\w*|ttl|at|version|policy|field|header|label|prefix|suffix|usage|hint|hash|ref|arn|manager|provider|endpoint|algorithm|method|scopes?|status|state|rotation|age|reset\w*|min|max|budget|window|s?per\w*)|izer\w*|ized|ization|ary|ariat)$/i;
// Tokens of paging, parsing and forms have to be handed back as they came.
const NOT_SECRET =
  /(?:page|paging|next|continuation|cursor|sync|delta|csrf|xsrf|public|pub|eos|bos|pad|unk|mask|stop|device|push)[_-]?(?:token|key)/i;
// Names with an exact format of their own, which their own rule judges.
const OWNED = /secret_?access_?key/i;

const ASSIGNED =
  /([\w-]{0,32})(["'`\\\])]{0,3}[ \t]{0,8}(?:=>|:=|[:=]{1,3}|>|\|\||,(?=[ \t]{0,4}["'])| is[ :]| was )[ \t]{0,8}(?:\r?\n[ \t]{1,8})?\\{0,2})(?:"([^"\\\n]{6,256})\\{0,2}"|'([^'\\\n]{6,256})\\{0,2}'|`([^`\\\n]{6,256})`|([^\s"'`,;<>(){}[\]&|\\]{6,96}))/y;
const BARE_REST = /[^\s"'`,;<>(){}[\]&|\\]*/y;
const AS_FLAG = /([\w-]{0,32})[ \t]{1,4}["']?([^\s"'`<>(){}[\]|\\-][^\s"'`<>(){}[\]|\\]{5,255})/y;

/** A value that a name says is secret, judged by how mixed it is. */
function assignment(
  id: string,
  names: readonly string[],
  accept: (value: string) => boolean,
): SecretRule {
  return {
    id,
    keywords: names,
    confidence: "low",
    locate(text, { start, end }) {
      const found = readAssignment(text, end) ?? readFlag(text, { start, end });
      if (found === undefined) return undefined;
      // Most values are refused by their first characters, so they are looked at before the name.
      const value = text.slice(found.start, found.end);
      if (!accept(value) || isPlaceholder(value) || ABOUT.test(found.tail)) return undefined;
      const name = `${text.slice(nameStart(text, start), end)}${found.tail}`;
      if (NOT_SECRET.test(name) || OWNED.test(name)) return undefined;
      // Only as much as tells what it is was read of a long value.
      BARE_REST.lastIndex = found.end;
      return { start: found.start, end: found.end + (BARE_REST.exec(text)?.[0].length ?? 0) };
    },
  };
}

type Assigned = Span & { readonly tail: string };

function readAssignment(text: string, at: number): Assigned | undefined {
  ASSIGNED.lastIndex = at;
  const match = ASSIGNED.exec(text);
  if (match === null) return undefined;
  const [, tail = "", , ...values] = match;
  const value = values.find((one) => one !== undefined) ?? "";
  const start = ASSIGNED.lastIndex - match[0].length + match[0].lastIndexOf(value);
  return { tail, start, end: start + value.length };
}

/** The form of a command line, `--password value`. */
function readFlag(text: string, { start, end }: Span): Assigned | undefined {
  const from = nameStart(text, start);
  if (!text.startsWith("--", from)) return undefined;
  AS_FLAG.lastIndex = end;
  const match = AS_FLAG.exec(text);
  if (match === null) return undefined;
  const [, tail = "", value = ""] = match;
  return { tail, start: AS_FLAG.lastIndex - value.length, end: AS_FLAG.lastIndex };
}

/** A rule for one value behind fixed words; the finding is the value alone. */
function behind(
  id: string,
  keywords: readonly string[],
  {
    source,
    accept,
    flags = "y",
  }: {
    readonly source: string;
    readonly accept?: (value: string) => boolean;
    readonly flags?: string;
  },
): SecretRule {
  const pattern = new RegExp(source, flags);
  return {
    id,
    keywords,
    confidence: "medium",
    locate(text, { start }) {
      pattern.lastIndex = start;
      const [whole, value] = pattern.exec(text) ?? [];
      if (whole === undefined || value === undefined || accept?.(value) === false) return undefined;
      const end = start + whole.length;
      return { start: end - value.length, end };
    },
  };
}

function isBasicCredential(value: string): boolean {
  return /^[^\s:]{1,128}:\S+$/.test(decodeBase64Text(value) ?? "");
}

function isNoPlaceholder(value: string): boolean {
  return !isPlaceholder(value);
}

/** Secrets without a format, known by what stands before them. */
export const genericRules: readonly SecretRule[] = [
  urlCredentials("url-credentials", databaseRules),
  behind("bearer-token", ["bearer "], {
    source: "(?<![A-Za-z])bearer[ \\t]{1,4}([A-Za-z0-9._~+/-]{16,4096}={0,2})",
    flags: "iy",
    accept: (value) => looksRandom(value) && !isPlaceholder(value),
  }),
  behind("basic-credentials", ["basic "], {
    source: "(?<![A-Za-z])basic[ \\t]{1,4}([A-Za-z0-9+/]{6,256}={0,2})",
    flags: "iy",
    accept: isBasicCredential,
  }),
  behind("docker-auth", ['"auth"', '\\"auth\\"'], {
    source: '\\\\?"auth\\\\?"[ \\t]{0,4}:[ \\t]{0,4}\\\\?"([A-Za-z0-9+/]{6,256}={0,2})',
    accept: isBasicCredential,
  }),
  behind("curl-credentials", ["curl "], {
    source: "curl [^\\n]{0,160}?(?:-u|--user)[ =]{1,2}[\"']?([^\\s\"':]{1,64}:[^\\s\"']{3,128})",
    accept: (value) => isNoPlaceholder(value.slice(value.indexOf(":") + 1)),
  }),
  behind("mysql-cli-password", ["mysql ", "mysqldump ", "mariadb "], {
    source: "(?:mysql|mysqldump|mariadb) [^\\n]{0,120}? -p([^\\s\"'-][^\\s\"']{5,63})",
    accept: isNoPlaceholder,
  }),
  behind("sshpass-password", ["sshpass "], {
    source: "sshpass +-p *[\"']?([^\\s\"']{4,128})",
    accept: isNoPlaceholder,
  }),
  behind("netrc-password", ["machine "], {
    source:
      "machine[ \\t]+\\S{1,128}\\s{1,4}login[ \\t]+\\S{1,128}\\s{1,4}password[ \\t]+(\\S{4,256})",
    accept: isNoPlaceholder,
  }),
  behind(
    "password-hash",
    ["$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$apr1$", "$argon2", "$pbkdf2"],
    {
      source:
        "(\\$(?:2[aby]\\$\\d{2}\\$[./A-Za-z0-9]{53}|(?:1|apr1)\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{22}|5\\$(?:rounds=\\d{1,9}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{43}|6\\$(?:rounds=\\d{1,9}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{86}|y\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{1,86}\\$[./A-Za-z0-9]{43}|argon2(?:id|i|d)\\$v=\\d{1,3}\\$[^\\s$]{5,60}\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{16,128}|pbkdf2[-\\w]{0,12}\\$[^\\s$]{1,60}\\$[./A-Za-z0-9+]{8,86}\\$[./A-Za-z0-9+]{16,128}))",
    },
  ),
  assignment("generic-password", PASSWORD_NAMES, looksLikePassword),
  assignment("generic-secret", SECRET_NAMES, looksRandom),
];

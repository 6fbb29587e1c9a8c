import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  buildRoot,
  decryptKey,
  encryptKey,
  generateSigningKey,
  isSignatureAlgorithm,
  rotateRoot,
  thumbprintOf,
  toPublicJwk,
  writeEnvelope,
} from "@portcullis/bundle";
import type {
  PublicJwk,
  RoleChange,
  RoleName,
  RoleRemoval,
  SignatureAlgorithm,
} from "@portcullis/bundle";
import { PortcullisConfigError } from "@portcullis/core";
import { readPublicKey, writeDocument } from "../bundle/document-files.ts";
import { readCount, readDuration } from "../bundle/duration-option.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { readPassphrase } from "../bundle/read-passphrase.ts";
import { readRootChain } from "../bundle/root-chain.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import { toPrintable } from "../printable.ts";
import { suggestName } from "../suggest-name.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const jsonArg = { type: "boolean", description: "Thumbprint or digest as JSON" } as const;
const outArg = { type: "string", description: "File to write", valueHint: "path" } as const;

const generate = defineVerb({
  name: "keys generate",
  summary: "Generate a signing key, encrypted at rest",
  args: {
    algorithm: {
      type: "string",
      description: "Ed25519, ES256 or ML-DSA-65",
      default: "Ed25519",
    },
    out: outArg,
    json: jsonArg,
    public: { type: "string", description: "File for the public key", valueHint: "path" },
  },
  async run({ algorithm, out, public: publicPath, json }, io) {
    if (!isSignatureAlgorithm(algorithm)) {
      throw new PortcullisConfigError(
        "--algorithm",
        "--algorithm takes Ed25519, ES256 or ML-DSA-65.",
      );
    }
    return await makeKey(algorithm, { out, publicPath, isJson: json === true }, io);
  },
});

const approver = defineVerb({
  name: "keys approver",
  summary: "Generate a key that signs answers to approvals",
  args: {
    out: outArg,
    json: jsonArg,
    public: { type: "string", description: "File for the public key", valueHint: "path" },
  },
  run: ({ out, public: publicPath, json }, io) =>
    makeKey("Ed25519", { out, publicPath, isJson: json === true }, io),
});

async function makeKey(
  algorithm: SignatureAlgorithm,
  {
    out,
    publicPath,
    isJson,
  }: {
    readonly out: string | undefined;
    readonly publicPath: string | undefined;
    readonly isJson: boolean;
  },
  io: CliIo,
): Promise<ExitCode> {
  if (out === undefined || publicPath === undefined) {
    throw new PortcullisConfigError(
      "--out",
      "Give --out for the key and --public for its public part.",
    );
  }
  const passphrase = await readPassphrase(io, out);
  const key = await generateSigningKey(algorithm);
  const publicJwk = toPublicJwk({ ...key });
  if (publicJwk === undefined) throw new TypeError("A new key is not one of ours.");
  await writeDocument(out, await encryptKey(key, passphrase), { io, mode: 0o600, isNew: true });
  await writeDocument(publicPath, `${JSON.stringify(publicJwk)}\n`, { io, isNew: true });
  await writeName(io, { thumbprint: await thumbprintOf(publicJwk) }, isJson);
  await io.stderr.write(
    `The private key is in ${toPrintable(out)}, encrypted. Hand over ${toPrintable(publicPath)}, and read the\nthumbprint above to its receiver.\n`,
  );
  return EXIT.ok;
}

const show = defineVerb({
  name: "keys show",
  summary: "Print the thumbprint of a key",
  args: {
    file: { type: "positional", description: "Public key, or encrypted key file", required: true },
    json: jsonArg,
  },
  async run({ file, json }, io) {
    const jwk = await readAnyKey(file, io);
    await writeName(io, { thumbprint: await thumbprintOf(jwk) }, json === true);
    return EXIT.ok;
  },
});

/** The one thing that an action is about: alone, or as the member of an object. */
async function writeName(
  io: CliIo,
  named: Readonly<Record<string, string>>,
  isJson: boolean,
): Promise<void> {
  const text = isJson ? JSON.stringify(named) : Object.values(named).join();
  await io.stdout.write(`${text}\n`);
}

async function readAnyKey(file: string, io: CliIo): Promise<PublicJwk> {
  if (!file.endsWith(".jwe")) return readPublicKey(file, io);
  const text = await readFile(resolve(io.cwd, file), "utf8").catch((cause: unknown) => {
    throw new PortcullisConfigError("file", "The key file cannot be read.", { cause });
  });
  const jwk = toPublicJwk({ ...(await decryptKey(text, await readPassphrase(io, file))) });
  if (jwk === undefined) throw new TypeError("An opened key is not one of ours.");
  return jwk;
}

const HYBRID: readonly SignatureAlgorithm[] = ["Ed25519", "ML-DSA-65"];

const root = withLists(
  defineVerb({
    name: "keys root",
    summary: "Write the first root, unsigned",
    args: {
      name: { type: "string", description: "Bundles that it governs, with commas" },
      root: { type: "string", description: "Public keys of the root role", valueHint: "paths" },
      threshold: { type: "string", description: "How many of them must sign", default: "1" },
      policy: { type: "string", description: "Public keys of the policy role", valueHint: "paths" },
      "policy-threshold": {
        type: "string",
        description: "How many of them must sign",
        default: "1",
      },
      head: { type: "string", description: "Public keys of the head role", valueHint: "paths" },
      hybrid: {
        type: "string",
        description: "Roles whose threshold holds in Ed25519 and in ML-DSA-65, with commas",
      },
      expires: { type: "string", description: "How long it is valid", default: "365d" },
      out: outArg,
      json: jsonArg,
    },
    async run(given, io) {
      const names = (given.name ?? "").split(",").filter((name) => name !== "");
      if (names.length === 0 || given.out === undefined) {
        throw new PortcullisConfigError(
          "--name",
          "Give --name, --root, --policy, --head and --out.",
        );
      }
      const hybrid = (given.hybrid ?? "").split(",").filter((name) => name !== "");
      for (const each of hybrid) demandRole("--hybrid", each);
      const role = async (name: RoleName, paths: string | undefined, threshold: string) => ({
        keys: await Promise.all(splitList(paths).map((path) => readPublicKey(path, io))),
        threshold: readCount(`--${name}`, threshold),
        ...(hybrid.includes(name) ? { algorithms: HYBRID } : {}),
      });
      const unsigned = await buildRoot({
        names,
        roles: {
          root: await role("root", given.root, given.threshold),
          policy: await role("policy", given.policy, given["policy-threshold"]),
          head: await role("head", given.head, "1"),
        },
        expires: Date.now() + readDuration("--expires", given.expires) * 1000,
      });
      await writeDocument(given.out, writeEnvelope(unsigned), { io, isNew: true });
      await writeName(io, { digest: unsigned.digest }, given.json === true);
      return EXIT.ok;
    },
  }),
  ["--root", "--policy", "--head"],
);

const rotate = withLists(
  defineVerb({
    name: "keys rotate",
    summary: "Write the successor of a root, unsigned",
    args: {
      roots: {
        type: "positional",
        description: "The root, or the first one and all after it",
        required: true,
      },
      add: { type: "string", description: "role=<public key>", valueHint: "changes" },
      remove: { type: "string", description: "role=<thumbprint>", valueHint: "changes" },
      threshold: { type: "string", description: "role=<count>", valueHint: "changes" },
      issuer: { type: "string", description: "<iss>=<public key>", valueHint: "issuers" },
      revoke: { type: "string", description: "Digests of bundles", valueHint: "digests" },
      "new-epoch": {
        type: "boolean",
        description: "Make clients forget all floors, after a compromise",
      },
      expires: { type: "string", description: "How long it is valid", default: "365d" },
      out: outArg,
      json: jsonArg,
    },
    isVariadic: true,
    async run(given, io) {
      if (given.out === undefined) throw new PortcullisConfigError("--out", "Give --out.");
      const { newest } = await readRootChain(given._, io);
      const issuers = await readIssuers(splitList(given.issuer), io);
      const unsigned = await rotateRoot(newest, {
        add: await Promise.all(splitList(given.add).map((text) => readAddition(text, io))),
        remove: splitList(given.remove).map(readRemoval),
        thresholds: Object.fromEntries(splitList(given.threshold).map(readThreshold)),
        revoke: splitList(given.revoke),
        isNewEpoch: given["new-epoch"] === true,
        expires: Date.now() + readDuration("--expires", given.expires) * 1000,
        ...(issuers.length === 0 ? {} : { issuers }),
      });
      await writeDocument(given.out, writeEnvelope(unsigned), { io, isNew: true });
      await writeName(io, { digest: unsigned.digest }, given.json === true);
      return EXIT.ok;
    },
  }),
  ["--add", "--remove", "--threshold", "--issuer", "--revoke"],
);

async function readAddition(text: string, io: CliIo): Promise<RoleChange> {
  const [role, path] = splitOnce("--add", text);
  return { role: demandRole("--add", role), key: await readPublicKey(path, io) };
}

function readRemoval(text: string): RoleRemoval {
  const [role, keyid] = splitOnce("--remove", text);
  return { role: demandRole("--remove", role), keyid };
}

function readThreshold(text: string): readonly [RoleName, number] {
  const [role, count] = splitOnce("--threshold", text);
  return [demandRole("--threshold", role), readCount("--threshold", count)];
}

async function readIssuers(
  texts: readonly string[],
  io: CliIo,
): Promise<readonly { readonly iss: string; readonly keys: readonly PublicJwk[] }[]> {
  const issuers = new Map<string, PublicJwk[]>();
  for (const text of texts) {
    const [iss, path] = splitOnce("--issuer", text);
    const keys = issuers.get(iss) ?? [];
    keys.push(await readPublicKey(path, io));
    issuers.set(iss, keys);
  }
  return [...issuers].map(([iss, keys]) => ({ iss, keys }));
}

function splitOnce(flag: string, text: string): readonly [string, string] {
  // An issuer is an address, which may hold an equals sign only after its own end.
  const at = text.lastIndexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new PortcullisConfigError(flag, `${flag} takes <name>=<value>.`);
}

function demandRole(flag: string, name: string): RoleName {
  if (name === "root" || name === "head" || name === "policy") return name;
  throw new PortcullisConfigError(flag, `${flag} names root, head or policy.`);
}

/** A verb whose flags take several values. */
function withLists(verb: Verb, flags: readonly string[]): Verb {
  return { ...verb, run: (rawArgs, io) => verb.run(joinLists(rawArgs, flags), io) };
}

const ACTIONS: ReadonlyMap<string, Verb> = new Map([
  ["generate", generate],
  ["show", show],
  ["approver", approver],
  ["root", root],
  ["rotate", rotate],
]);

/** `portcullis keys`: signing keys, and the roots that name them. */
export const keysVerb: Verb = {
  name: "keys",
  summary: "Generate signing keys, write and rotate roots",
  usage: () => Promise.resolve(overview()),
  async run([action = "", ...rest], io) {
    const verb = ACTIONS.get(action);
    if (verb === undefined) {
      const near = suggestName(action, [...ACTIONS.keys()]);
      const hint = near === undefined ? "" : ` Did you mean ${near}?`;
      throw new PortcullisConfigError(
        "keys",
        `portcullis keys takes ${[...ACTIONS.keys()].join(", ")}.${hint}`,
      );
    }
    return await verb.run(rest, io);
  },
};

function overview(): string {
  const lines = [...ACTIONS.values()].map(
    ({ name, summary }) => `  portcullis ${name.padEnd(14)}  ${summary}\n`,
  );
  return `Usage: portcullis keys <action> [flags]

${lines.join("")}
portcullis keys generate --algorithm Ed25519 --out anna.key.jwe --public anna.pub.json
portcullis keys root --name payments --root a.pub.json b.pub.json --threshold 2
    --policy c.pub.json d.pub.json --policy-threshold 2 --head h.pub.json --expires 365d --out root.1.json
portcullis keys rotate root.1.json --add policy=e.pub.json --remove policy=<thumbprint> --out root.2.json

Each takes --json. A passphrase comes from the terminal, or from the file that PORTCULLIS_KEY_PASSPHRASE_FILE names.

Exit codes: 0 done, 1 refused, 2 used wrongly.
`;
}

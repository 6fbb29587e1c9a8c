import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { DocumentSigner, PublicJwk } from "@portcullis/bundle";
import { createKeySigner, decryptKey, readPublicJwk } from "@portcullis/bundle";
import { readBundleFolder } from "@portcullis/bundle/node";
import { PortcullisConfigError } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import type { CliIo } from "../cli-io.ts";
import { createExecSigner } from "./exec-signer.ts";
import { readPassphrase } from "./read-passphrase.ts";

/** Largest document in bytes, read before anything is known of it. */
const MAX_BYTES: number = 64 * 1024 * 1024;

/**
 * Reads a document; a folder is a bundle in directory form.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it cannot be read.
 */
export async function readDocument(path: string, io: CliIo): Promise<Uint8Array> {
  const file = resolve(io.cwd, path);
  try {
    const found = await stat(file);
    if (found.isDirectory()) return await readBundleFolder(file);
    if (found.size > MAX_BYTES) throw new Error("It is too large.");
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    if (cause instanceof Error && "fields" in cause) throw cause;
    throw new PortcullisConfigError("document", `${path} cannot be read.`, { cause });
  }
}

/**
 * Writes a document or a key whole: who reads it sees the old file or the new one.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is there already and must not be replaced,
 * or cannot be written.
 */
export async function writeDocument(
  path: string,
  text: string,
  {
    io,
    mode = 0o644,
    isNew,
  }: { readonly io: CliIo; readonly mode?: number; readonly isNew: boolean },
): Promise<void> {
  const file = resolve(io.cwd, path);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    if (isNew && (await stat(file).catch(() => undefined)) !== undefined) {
      throw new PortcullisConfigError("--out", `${path} is there already; it is not replaced.`);
    }
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof PortcullisConfigError) throw cause;
    throw new PortcullisConfigError("--out", `${path} cannot be written.`, { cause });
  }
}

/**
 * Reads a public key.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is no strict public JWK of ours.
 */
export async function readPublicKey(path: string, io: CliIo): Promise<PublicJwk> {
  let value: Json;
  try {
    value = JSON.parse(await readFile(resolve(io.cwd, path), "utf8"));
  } catch (cause) {
    throw new PortcullisConfigError("key", `${path} cannot be read as a public key.`, { cause });
  }
  const jwk = readPublicJwk(value);
  if (jwk !== undefined) return jwk;
  throw new PortcullisConfigError(
    "key",
    `${path} is not a public Ed25519, P-256 or ML-DSA-65 key with exactly its own members.`,
  );
}

/** Opens an encrypted key file. */
export async function readSigner(path: string, io: CliIo): Promise<DocumentSigner> {
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError("--key", `${path} cannot be read.`, { cause });
  }
  return createKeySigner(await decryptKey(text, await readPassphrase(io, path)));
}

/**
 * The signer that flags name: an encrypted key file, or a program.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when neither or both are given.
 */
export async function chooseSigner(
  given: {
    readonly key: string | undefined;
    readonly signer: string | undefined;
    readonly public: string | undefined;
  },
  io: CliIo,
): Promise<DocumentSigner> {
  if ((given.key === undefined) === (given.signer === undefined)) {
    throw new PortcullisConfigError(
      "--key",
      "Give --key with a key file, or --signer exec:<command>.",
    );
  }
  if (given.key !== undefined) return readSigner(given.key, io);
  const [kind, ...command] = (given.signer ?? "").split(":");
  if (kind !== "exec" || command.length === 0 || given.public === undefined) {
    throw new PortcullisConfigError("--signer", "Give --signer exec:<command> and --public <key>.");
  }
  const publicJwk = await readPublicKey(given.public, io);
  return createExecSigner(command.join(":"), { publicJwk, cwd: io.cwd });
}

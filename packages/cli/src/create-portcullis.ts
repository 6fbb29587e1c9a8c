import type {
  DecisionSink,
  DefinitionInspector,
  Guard,
  GuardOptions,
  PolicyDocument,
} from "@portcullis/core";
import { createGuard, PortcullisConfigError } from "@portcullis/core";
import type { ToolLock } from "@portcullis/inspect";
import {
  createLockInspector,
  createScanner,
  injectionScanner,
  linearMatcher,
  parseToolLock,
} from "@portcullis/inspect";
import { withTelemetry } from "@portcullis/telemetry";
import { combineSinks } from "./combine-sinks.ts";
import { readyFacts } from "./compose-facts.ts";
import type { DecisionLogOptions } from "./decision-log.ts";
import type { BundleSettings } from "./bundle/bundle-settings.ts";
import { createBundledGuard } from "./bundle/create-bundled-guard.ts";
import { openLog } from "./open-log.ts";
import { loadPolicyFile } from "./load-policy-file.ts";
import { nodeDigest } from "./node-digest.ts";
import { loadToolLock } from "./tool-lock-file.ts";
import type { Logger } from "./unsigned-banner.ts";
import { announceUnsigned } from "./unsigned-banner.ts";

/** Options of {@link createPortcullis}: its own, and the parts of a guard. */
export interface PortcullisOptions extends Omit<GuardOptions, "policy" | "sink"> {
  /** Path or `file:` URL of a policy in YAML; relative paths start from the current folder. */
  readonly policy?: string | URL;
  /**
   * Signed bundles, in place of `policy`: `<base>/<name>/<channel>`, where the base is an https
   * address or a folder.
   */
  readonly bundle?: string | URL;
  /** The root that bundles are trusted for: its bytes or text, shipped with the application. */
  readonly root?: Uint8Array | string;
  /** How bundles are kept and refreshed. */
  readonly bundles?: BundleSettings;
  /**
   * Refuses a policy that is not signed. Always on where `NODE_ENV` is `production`; false does
   * not turn that off.
   */
  readonly production?: boolean;
  /**
   * Decision log in a file of JSON Lines: `true` for `./.portcullis/decisions.jsonl`, or a path.
   * Default off.
   */
  readonly log?: boolean | string | DecisionLogOptions;
  /**
   * Decision sinks by name. A policy with `audit: { sink }` chooses one of them, any other policy
   * writes to all. Default none.
   */
  readonly sinks?: Readonly<Record<string, DecisionSink>>;
  /**
   * The approved definitions of servers' tools: path or `file:` URL of an `mcp-tools.lock.json`, or a
   * lock that was read already, as that of a signed bundle. What is not in it as it is presented is
   * hidden and denied. Not beside `definitions`. Default none: then only pins of the policy hold.
   */
  readonly lock?: string | URL | ToolLock;
  /** Takes the banner about an unsigned policy. Default standard error. */
  readonly logger?: Logger;
}

// A table, so that an option which is added above cannot be forgotten here.
const KNOWN: Readonly<Record<keyof PortcullisOptions, true>> = {
  policy: true,
  bundle: true,
  root: true,
  bundles: true,
  production: true,
  log: true,
  sinks: true,
  logger: true,
  schemas: true,
  credentials: true,
  roles: true,
  facts: true,
  matcher: true,
  scanner: true,
  signals: true,
  lock: true,
  definitions: true,
  dryRunner: true,
  limits: true,
  approvals: true,
  approvalVerifier: true,
  sessions: true,
  notifier: true,
  digest: true,
  random: true,
  clock: true,
  scope: true,
  timeoutMs: true,
  deploymentKey: true,
};

/**
 * Creates a guard from signed bundles or from a policy file, with everything composed that Portcullis
 * has: the compiled policy, typed facts and a linear engine for patterns, the scanner for credentials
 * and personal data, the decision log, spans where the application set up OpenTelemetry.
 *
 * `facts` adds providers to ours, one of the same type replaces ours; `matcher` and `scanner` replace
 * ours. The fact `sql` needs the optional peer `libpg-query` where the policy reads it. Results are looked at for
 * injected instructions, which puts the label `suspicious` on their session; `signals` replaces ours.
 *
 * In development an unsigned policy is taken, and the first one says so loudly. In production it is
 * refused: a policy that anybody with write access to a file can change protects nothing. A bundle is
 * verified, tested, kept on disk and swapped while calls run; without one in force every call is denied.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option is not known or cannot work, the
 * policy cannot be read, names a sink that is not there, is not signed in production, or reads SQL
 * where `libpg-query` is not installed.
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue and its place in the file.
 * @throws {PortcullisError} `ERR_LOCK_INVALID` when the lock cannot be read or is not whole.
 *
 * @example
 * ```ts
 * const guard = await createPortcullis({ policy: "./policy.yaml", log: true });
 * const context = { principal: trustedPrincipal({ agent: { id: "assistant" } }) };
 * const decision = await guard.check({ callId: "1", tool: "rm", args: { path: "/" } }, context);
 * ```
 */
export async function createPortcullis(options: PortcullisOptions): Promise<Guard> {
  refuseUnknown(options);
  const { policy, bundle, root, bundles, production, log, sinks, logger, lock, ...parts } = options;
  const definitions = await readyDefinitions(lock, options);
  if (bundle !== undefined) {
    if (policy !== undefined) {
      throw new PortcullisConfigError("policy", "Give `policy` or `bundle`, never both.");
    }
    const own = definitions === undefined ? parts : { ...parts, definitions };
    return createBundledGuard({ bundle, root, settings: bundles, parts: own, log, sinks, logger });
  }
  if (root !== undefined || bundles !== undefined) {
    throw new PortcullisConfigError("bundle", "`root` and `bundles` belong to `bundle`.");
  }
  if (policy === undefined) {
    throw new PortcullisConfigError(
      "policy",
      "Give `policy`, the path of a policy file, or `bundle` and `root`.",
    );
  }
  const { document, file } = await loadPolicyFile(policy, {
    production: production === true || process.env["NODE_ENV"] === "production",
    ...(parts.facts === undefined ? {} : { facts: parts.facts }),
  });
  const composed = composeSinks(document, log ?? false, sinks ?? {});
  const guard = await createGuard({
    ...parts,
    facts: await readyFacts(document, parts.facts),
    matcher: parts.matcher ?? linearMatcher(),
    signals: parts.signals ?? injectionScanner(),
    scanner: parts.scanner ?? createScanner(),
    policy: document,
    ...(definitions === undefined ? {} : { definitions }),
    ...(composed.length === 0 ? {} : { sink: combineSinks(composed) }),
  });
  announceUnsigned(file, logger);
  return withTelemetry(guard);
}

async function readyDefinitions(
  lock: PortcullisOptions["lock"],
  { definitions }: PortcullisOptions,
): Promise<DefinitionInspector | undefined> {
  if (lock === undefined) return definitions;
  if (definitions !== undefined) {
    throw new PortcullisConfigError("lock", "Give either `lock` or `definitions`.");
  }
  const options = { digest: nodeDigest };
  const isPath = typeof lock === "string" || lock instanceof URL;
  const checked = isPath ? await loadToolLock(lock) : await parseToolLock(lock, options);
  return createLockInspector(checked, options);
}

function refuseUnknown(options: object): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      throw new PortcullisConfigError(name, `\`${name}\` is not an option of createPortcullis.`);
    }
  }
}

function composeSinks(
  { audit }: PolicyDocument,
  log: NonNullable<PortcullisOptions["log"]>,
  sinks: NonNullable<PortcullisOptions["sinks"]>,
): readonly DecisionSink[] {
  const files = openLog(log);
  if (audit.sink === undefined) return [...files, ...Object.values(sinks)];
  const chosen = Object.hasOwn(sinks, audit.sink) ? sinks[audit.sink] : undefined;
  if (chosen === undefined) {
    throw new PortcullisConfigError(
      "sinks",
      `The policy writes to the sink \`${audit.sink}\`; hand it in as \`sinks: { ${audit.sink}: … }\`.`,
    );
  }
  return [...files, chosen];
}

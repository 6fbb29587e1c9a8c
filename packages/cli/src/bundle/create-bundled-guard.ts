import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createBundleClient,
  createBundlePreparer,
  createHttpSource,
  createMemoryStorage,
} from "@portcullis/bundle";
import type { BundleClient, BundleSource, PolicyParts, PrepareBundle } from "@portcullis/bundle";
import { createDirectorySource, createFileStorage } from "@portcullis/bundle/node";
import type { DecisionSink, Guard, GuardOptions } from "@portcullis/core";
import { createGuard, PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { createScanner, injectionScanner, linearMatcher } from "@portcullis/inspect";
import { withTelemetry } from "@portcullis/telemetry";
import type { DecisionLogOptions } from "../decision-log.ts";
import { combineSinks } from "../combine-sinks.ts";
import { openLog } from "../open-log.ts";
import type { Logger } from "../unsigned-banner.ts";
import type { BundleSettings } from "./bundle-settings.ts";
import { readCoreVersion } from "./package-versions.ts";
import { readyBundleFacts } from "./ready-bundle-facts.ts";

/** What {@link createBundledGuard} composes. */
export interface BundledGuardOptions {
  readonly bundle: string | URL;
  readonly root: Uint8Array | string | undefined;
  readonly settings: BundleSettings | undefined;
  readonly parts: Omit<GuardOptions, "policy" | "sink">;
  readonly log: boolean | string | DecisionLogOptions | undefined;
  readonly sinks: Readonly<Record<string, DecisionSink>> | undefined;
  readonly logger: Logger | undefined;
}

/**
 * Creates a guard that enforces signed bundles.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option cannot work, `ERR_BUNDLE_…` when the
 * root is not one. A bundle that is not there or is refused does not throw: it denies.
 */
export async function createBundledGuard(options: BundledGuardOptions): Promise<Guard> {
  const { root, settings = {}, parts, sinks = {}, log = false, logger } = options;
  if (root === undefined || root.length === 0) {
    throw new PortcullisConfigError("root", "A `bundle` needs `root`: the root that you trust.");
  }
  const { base, name, channel } = readAddress(options.bundle);
  const own = {
    ...parts,
    facts: await readyBundleFacts(parts.facts),
    matcher: parts.matcher ?? linearMatcher(),
    signals: parts.signals ?? injectionScanner(),
    scanner: parts.scanner ?? createScanner(),
  };
  const router = createSinkRouter(openLog(log), sinks);
  const client = createBundleClient({
    name,
    channel,
    initialRoot: typeof root === "string" ? new TextEncoder().encode(root) : root,
    source: createSource(base, { name, channel, settings }),
    storage:
      settings.folder === false
        ? createMemoryStorage()
        : createFileStorage(
            resolve(settings.folder ?? join(".portcullis", "bundles", `${name}-${channel}`)),
          ),
    instance: settings.instance ?? hostname(),
    core: readCoreVersion(),
    prepare: router.checkSink(createBundlePreparer(toPolicyParts(own))),
    ...(settings.maxStale === undefined ? {} : { maxStale: settings.maxStale }),
    ...(settings.canary === undefined ? {} : { canary: settings.canary }),
    ...(settings.refreshSeconds === undefined ? {} : { refreshSeconds: settings.refreshSeconds }),
    ...(settings.onStatus === undefined ? {} : { onStatus: settings.onStatus }),
    ...(parts.clock === undefined ? {} : { clock: parts.clock }),
  });
  const guard = await createGuard({
    ...own,
    policy: client,
    ...(router.sink === undefined ? {} : { sink: router.sink }),
  });
  await begin(client, settings, logger);
  return withTelemetry(guard);
}

async function begin(
  client: BundleClient,
  { signal }: BundleSettings,
  logger: Logger | undefined,
): Promise<void> {
  if (signal?.aborted === true) throw new PortcullisConfigError("bundles.signal", "It has ended.");
  await client.start();
  signal?.addEventListener("abort", () => void client.stop(), { once: true });
  if (isInForce(client)) return;
  await client.refresh();
  const error = findProblem(client);
  if (error === undefined) return;
  const text = `PORTCULLIS: no bundle is in force, every call is denied: ${error.message}`;
  if (logger === undefined) process.stderr.write(`${text}\n`);
  else logger.warn(text);
}

function isInForce(client: BundleClient): boolean {
  return findProblem(client) === undefined;
}

function findProblem(client: BundleClient): PortcullisError | undefined {
  try {
    client.current();
    return undefined;
  } catch (error) {
    if (PortcullisError.isInstance(error)) return error;
    throw error;
  }
}

/** What the decision tests of a bundle rest on: the very parts of the guard. */
function toPolicyParts({
  facts,
  matcher,
  scanner,
  definitions,
  dryRunner,
}: Omit<GuardOptions, "policy">): PolicyParts {
  return {
    ...(facts === undefined ? {} : { facts }),
    ...(matcher === undefined ? {} : { matcher }),
    ...(scanner === undefined ? {} : { scanner }),
    ...(definitions === undefined ? {} : { definitions }),
    ...(dryRunner === undefined ? {} : { dryRunner }),
  };
}

/** `<base>/<name>/<channel>`: the last two parts are names, what is before them is the base. */
function readAddress(bundle: string | URL): {
  readonly base: string;
  readonly name: string;
  readonly channel: string;
} {
  const text = bundle instanceof URL ? bundle.href : bundle;
  const found = /^(.+)\/([a-z0-9-]+)\/([a-z0-9-]+)\/?$/.exec(text);
  const [, base, name, channel] = found ?? [];
  if (base !== undefined && name !== undefined && channel !== undefined) {
    return { base, name, channel };
  }
  throw new PortcullisConfigError("bundle", "`bundle` must be <base>/<name>/<channel>.");
}

function createSource(
  base: string,
  {
    name,
    channel,
    settings,
  }: { readonly name: string; readonly channel: string; readonly settings: BundleSettings },
): BundleSource {
  if (/^https?:/.test(base)) {
    const { token, fetch } = settings;
    return createHttpSource({
      base,
      name,
      channel,
      ...(token === undefined ? {} : { token }),
      ...(fetch === undefined ? {} : { fetch }),
    });
  }
  const folder = base.startsWith("file:") ? fileURLToPath(base) : resolve(base);
  return createDirectorySource({ base: folder, name, channel });
}

/** Sends records to the sink that the policy behind them names. */
function createSinkRouter(
  files: readonly DecisionSink[],
  sinks: Readonly<Record<string, DecisionSink>>,
): {
  readonly sink: DecisionSink | undefined;
  /** Refuses a bundle that names a sink which is not there. */
  checkSink(prepare: PrepareBundle): PrepareBundle;
} {
  const named = new Map<string, string | undefined>();
  const all = [...files, ...Object.values(sinks)];
  const everywhere = all.length === 0 ? undefined : combineSinks(all);
  return {
    sink:
      everywhere === undefined
        ? undefined
        : {
            async write(record) {
              const name = named.get(record.policy?.digest ?? "");
              const chosen =
                name !== undefined && Object.hasOwn(sinks, name) ? sinks[name] : undefined;
              await (chosen === undefined ? everywhere : combineSinks([...files, chosen])).write(
                record,
              );
            },
          },
    checkSink: (prepare) => async (bundle) => {
      const prepared = await prepare(bundle);
      const { sink } = prepared.document.audit;
      if (sink !== undefined && !Object.hasOwn(sinks, sink)) {
        const { name, serial } = bundle.document;
        throw new PortcullisError(
          "ERR_BUNDLE_INVALID",
          `The policy writes to the sink \`${sink}\`, which was not handed in.`,
          { fields: { reason: "policy", document: "bundle", bundle: name, serial } },
        );
      }
      named.set(bundle.digest, sink);
      // As many as can be in force, in preparation, or behind calls that have begun.
      for (const old of [...named.keys()].slice(0, -16)) named.delete(old);
      return prepared;
    },
  };
}

import type { FactExtractor, FactProvider, JsonObject } from "@portcullis/core";
import type { EndpointStyleSource } from "../../shape/style-shape.ts";
import { quoted } from "../../text/suggest.ts";
import { endpointTest, forbiddenEndpointTest, isEndpointPattern } from "./endpoint-pattern.ts";
import { anyOf, celFact, celTexts } from "./style-context.ts";
import type { StyleContext, StyleRefusal } from "./style-context.ts";

const DEFAULT_SCHEMES: readonly string[] = ["https"];

/** What a style of `endpoints` refuses. */
export function endpointRefusals(
  source: EndpointStyleSource,
  context: StyleContext,
): readonly StyleRefusal[] {
  const { allow, forbid = [], base, schemes } = source;
  const { operand, provider, report } = context;
  const hosts = base === undefined ? hostTests(source, context) : baseTests(base, context);
  const read = reader(provider, {});
  const check = (list: "allow" | "forbid", patterns: readonly string[]): boolean =>
    patterns
      .map((pattern, index) => {
        const problem = patternProblem(pattern, read);
        if (problem !== undefined) report(["endpoints", list, index], problem);
        return problem === undefined;
      })
      .every(Boolean);
  const isSound = [check("allow", allow), check("forbid", forbid), hosts !== undefined];
  if (hosts === undefined || isSound.includes(false)) return [];
  const fact = celFact("url", operand, { base, schemes });
  const paths = allow.map((pattern) => endpointTest(`${fact}.path`, pattern));
  const refusals = [...hosts.map((test) => test(fact)), anyOf(paths)].map((test) => `!(${test})`);
  return [
    {
      list: "allow",
      refused: anyOf(refusals),
      message: "This endpoint is not among those that are permitted here.",
    },
    ...(forbid.length === 0
      ? []
      : [
          {
            list: "forbid" as const,
            refused: anyOf(forbid.map((pattern) => forbiddenEndpointTest(`${fact}.path`, pattern))),
            message: "This endpoint is refused here.",
          },
        ]),
  ];
}

type HostTest = (fact: string) => string;

/** Tests of scheme, host and port; `undefined` after a problem. */
function hostTests(
  source: EndpointStyleSource,
  { provider, report }: StyleContext,
): readonly HostTest[] | undefined {
  const { hosts = [] } = source;
  const schemes: readonly string[] = source.schemes ?? DEFAULT_SCHEMES;
  const bare: string[] = [];
  const ported: { readonly host: string; readonly port: number }[] = [];
  let isSound = true;
  hosts.forEach((entry, index) => {
    const found = readHost(entry, provider);
    if (typeof found === "string") {
      isSound = false;
      report(["endpoints", "hosts", index], found);
    } else if (found.port === undefined) bare.push(found.host);
    else ported.push({ host: found.host, port: found.port });
  });
  if (!isSound) return undefined;
  return [
    (fact) => {
      const usual = usualPorts(schemes, provider).map(([scheme, port]) =>
        schemes.length === 1
          ? `${fact}.port == ${port}`
          : `${fact}.scheme == ${JSON.stringify(scheme)} && ${fact}.port == ${port}`,
      );
      const tests = [
        ...(bare.length === 0 ? [] : [`${fact}.host in ${celTexts(bare)} && (${anyOf(usual)})`]),
        ...ported.map(
          ({ host, port }) => `${fact}.host == ${JSON.stringify(host)} && ${fact}.port == ${port}`,
        ),
      ];
      return anyOf(tests);
    },
  ];
}

/** The origin is part of what is read, so nothing is left to test. */
function baseTests(
  base: string,
  { provider, report }: StyleContext,
): readonly HostTest[] | undefined {
  try {
    const { path } = valueOf(provider.prepare({ base })("/", { now: 0 })) ?? {};
    if (path === "/") return [];
  } catch {
    // Said below.
  }
  report(
    ["endpoints", "base"],
    "`base` is an origin without a path, such as `https://api.example.com`.",
  );
  return undefined;
}

function readHost(
  entry: string,
  provider: FactProvider,
): string | { readonly host: string; readonly port?: number } {
  if (entry.includes("*")) {
    return 'A host stands for itself; list each, or write a rule with `url(…).hostWithin("example.com")`.';
  }
  if (/[/?#@\s]/.test(entry)) {
    return "A host is a name or an address alone, such as `api.example.com` or `api.example.com:8443`.";
  }
  const value = reader(provider, {})(`https://${entry}/`);
  const host = value?.["host"];
  const port = value?.["port"];
  if (typeof host !== "string" || typeof port !== "number") {
    return "This is no host that the typed function `url` reads; write it in ASCII, without a user or path.";
  }
  const shown = host.includes(":") ? `[${host}]` : host;
  if (entry === shown) return { host };
  if (entry === `${shown}:${port}`) return { host, port };
  return `This host is read as ${quoted(shown)}; write it so.`;
}

function usualPorts(
  schemes: readonly string[],
  provider: FactProvider,
): readonly (readonly [string, number])[] {
  const read = reader(provider, { schemes });
  return schemes.flatMap((scheme) => {
    const port = read(`${scheme}://a.example/`)?.["port"];
    return typeof port === "number" ? [[scheme, port] as const] : [];
  });
}

function patternProblem(pattern: string, read: Reader): string | undefined {
  if (!pattern.startsWith("/")) return "A path begins with `/`.";
  if (/[?#]/.test(pattern))
    return "A path has no query and no fragment; a style looks at the path.";
  if (!isEndpointPattern(pattern)) {
    return "`*` stands for a whole segment, or after the last `/` for anything below; it is no part of a name.";
  }
  const marked = pattern.replaceAll("*", "x");
  const path = read(`https://a.example${marked}`)?.["path"];
  if (typeof path !== "string") {
    return "No URL has this path; write it without empty segments, semicolons and broken escapes.";
  }
  return path === marked ? undefined : `This path is read as ${quoted(path)}; write it so.`;
}

type Reader = (text: string) => JsonObject | undefined;

function reader(provider: FactProvider, options: JsonObject): Reader {
  const extract = provider.prepare(options);
  return (text) => valueOf(extract(text, { now: 0 }));
}

function valueOf(result: ReturnType<FactExtractor>): JsonObject | undefined {
  return result.ok ? result.value : undefined;
}

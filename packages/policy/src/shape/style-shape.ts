import { z } from "zod";
import { closed } from "./closed.ts";
import { distinct, modeShape, sentenceShape } from "./primitives.ts";
import type { Mode } from "@portcullis/core";

/** Kinds of statement that a style may name, from harmless to powerful. */
const SQL_KINDS = ["select", "insert", "update", "delete", "merge", "ddl"] as const;

/** A kind of statement that a style may name. */
export type SqlKind = (typeof SQL_KINDS)[number];

/** Schemes of URLs that a style may name. */
const SCHEMES = ["https", "http", "wss", "ws", "ftp"] as const;

/** `sql:` of a style as written. */
export interface SqlStyleSource {
  readonly allow: readonly SqlKind[];
  readonly forbid?: readonly SqlKind[] | undefined;
  readonly tables?: readonly string[] | undefined;
  readonly functions?: readonly string[] | undefined;
}

/** `endpoints:` of a style as written. */
export interface EndpointStyleSource {
  readonly hosts?: readonly string[] | undefined;
  readonly base?: string | undefined;
  readonly schemes?: readonly (typeof SCHEMES)[number][] | undefined;
  readonly allow: readonly string[];
  readonly forbid?: readonly string[] | undefined;
}

/** `commands:` of a style as written. */
export interface CommandStyleSource {
  readonly allow: readonly string[];
  readonly writes?: boolean | undefined;
  readonly interpreters?: readonly string[] | undefined;
}

/** `roots:` of a style as written: folders, or folders with how paths are read. */
export type RootStyleSource =
  | readonly string[]
  | {
      readonly within: readonly string[];
      readonly base?: string | undefined;
      readonly flavour?: "posix" | "win32" | undefined;
      readonly caseInsensitive?: boolean | undefined;
    };

/** One entry of `styles:` as written: exactly one of the four styles. */
export interface StyleSource {
  readonly tool: string;
  readonly argument: string;
  readonly optional?: boolean | undefined;
  readonly sql?: SqlStyleSource | undefined;
  readonly endpoints?: EndpointStyleSource | undefined;
  readonly commands?: CommandStyleSource | undefined;
  readonly roots?: RootStyleSource | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  readonly mode?: Mode | undefined;
}

/** The styles, in the order of the documentation. */
export const STYLES: readonly ["sql", "endpoints", "commands", "roots"] = [
  "sql",
  "endpoints",
  "commands",
  "roots",
];

const entries = (what: string): z.ZodArray<z.ZodString> =>
  distinct(z.string().min(1).max(2048), what).max(256);

const kinds = distinct(z.enum(SQL_KINDS), "kind");

const folders = entries("folder");

/** One entry of `styles:`. */
export const styleShape: z.ZodType<StyleSource> = closed("style", {
  tool: z.string().min(1).max(256).meta({ description: "Exact name of one tool." }),
  argument: z
    .string()
    .min(1)
    .max(1024)
    .meta({ description: "Its argument: `query`, `args.target.url` or `/target/url`." }),
  optional: z
    .boolean()
    .optional()
    .meta({ description: "A call may leave the argument out; default false: then it is refused." }),
  sql: closed("sql style", {
    allow: kinds.meta({ description: "Kinds of statement that may stand at any depth." }),
    forbid: kinds
      .optional()
      .meta({ description: "Kinds that are refused by a rule of their own." }),
    tables: entries("table")
      .optional()
      .meta({ description: "Tables that may be named, as `orders` or `shop.orders`." }),
    functions: entries("function")
      .optional()
      .meta({ description: "Functions that may be called, instead of the list of pure ones." }),
  }).optional(),
  endpoints: closed("endpoint style", {
    hosts: entries("host")
      .optional()
      .meta({ description: "Hosts of an argument that is a URL; with `:port` if not the usual." }),
    base: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: "Origin, such as `https://api.example.com`, of a path alone." }),
    schemes: distinct(z.enum(SCHEMES), "scheme")
      .optional()
      .meta({ description: "Schemes of an argument that is a URL; default `[https]`." }),
    allow: entries("path").meta({
      description: "Paths: a `/*` at the end is anything below, another `*` one segment.",
    }),
    forbid: entries("path")
      .optional()
      .meta({ description: "Paths that are refused although `allow` covers them." }),
  }).optional(),
  commands: closed("command style", {
    allow: entries("command").meta({ description: "Names of commands, as they are written." }),
    writes: z
      .boolean()
      .optional()
      .meta({ description: "Redirections may write files; default false." }),
    interpreters: entries("command").optional().meta({
      description: "Names in `allow` that may run code which the text does not show.",
    }),
  }).optional(),
  roots: z
    .union([
      folders,
      closed("root style", {
        within: folders.meta({ description: "Folders." }),
        base: z.string().min(1).optional().meta({ description: "Where relative paths start." }),
        flavour: z.enum(["posix", "win32"]).optional().meta({ description: "Default `posix`." }),
        caseInsensitive: z.boolean().optional(),
      }),
    ])
    .optional()
    .meta({ description: "Folders that a path must lie within." }),
  message: sentenceShape.optional().meta({ description: "Fixed text for the model." }),
  hint: sentenceShape.optional().meta({ description: "Fixed advice for the model." }),
  mode: modeShape.optional(),
}).superRefine((style, context) => {
  const refuse = (message: string, path: PropertyKey[] = []): void => {
    context.addIssue({ code: "custom", path, message });
  };
  if (STYLES.filter((name) => style[name] !== undefined).length !== 1) {
    refuse(
      "A style has exactly one of `sql`, `endpoints`, `commands` and `roots`; begin another entry with `-`.",
    );
  }
  const { sql, endpoints, commands } = style;
  commands?.interpreters?.forEach((name, index) => {
    if (commands.allow.includes(name)) return;
    refuse("This command is not in `allow`; list it there, too.", [
      "commands",
      "interpreters",
      index,
    ]);
  });
  sql?.forbid?.forEach((kind, index) => {
    if (!sql.allow.includes(kind)) return;
    refuse("This kind is also in `allow`; remove it from one of both.", ["sql", "forbid", index]);
  });
  if (
    endpoints !== undefined &&
    (endpoints.hosts === undefined) === (endpoints.base === undefined)
  ) {
    refuse(
      "Write `hosts` for an argument that is a URL, or `base: https://…` for one that is only a path.",
      ["endpoints"],
    );
  }
  if (endpoints?.base !== undefined && endpoints.schemes !== undefined) {
    refuse("The scheme stands in `base`; remove `schemes`.", ["endpoints", "schemes"]);
  }
});

import { isList, isObject } from "../evaluate/frame.ts";
import { parseValueSource } from "../flow/value-sources.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import { checkCondition } from "./check-node.ts";
import { checkFactPlace } from "./check-reads.ts";
import type { IssueReport } from "./issue-report.ts";
import { checkToolNames, factType, identifier, key, name, pin } from "./names.ts";
import { parsePointer } from "./pointer.ts";
import {
  anyObject,
  checkMembers,
  choice,
  dictionary,
  flag,
  list,
  number,
  object,
} from "./shape.ts";
import type { Check } from "./shape.ts";

/** Classes of tools. */
export const TOOL_CLASSES = [
  "read",
  "write",
  "delete",
  "execute",
  "send",
  "pay",
  "delegate",
] as const;

/** A pointer of RFC 6901. */
export const pointer: Check = (report, value, path) => {
  if (typeof value !== "string" || parsePointer(value) === undefined) {
    report.add(path, "This must be an RFC 6901 pointer.");
  }
};

const exemptPlace: Check = (report, value, path) => {
  pointer(report, value, path);
  if (value === "") report.add(path, "All arguments together cannot be meant; name one.");
};

const argumentPlace: Check = (report, value, path) => {
  pointer(report, value, path);
  if (value === "") report.add(path, "Name an argument; all together come from no result.");
};

const valueSource: Check = (report, value, path) => {
  if (typeof value !== "string" || parseValueSource(value) === undefined) {
    report.add(path, "This must be a tool and a place in its results: `bank.read_bill#/iban`.");
  }
};

const factKey: Check = (report, value, path) => {
  identifier(report, value, path);
  key(report, value, path);
};

const fact = object({
  required: {
    type: factType,
    at: (report, value, path) => checkFactPlace(report, value, path),
  },
  optional: { options: anyObject, optional: flag },
});

const result = object({
  required: { labels: list(name, { isUnique: true }) },
  optional: { maxBytes: number({ min: 1 }) },
});

/** Checks the catalogue. */
export const checkTools: Check = (report, value, path) => {
  if (!isObject(value)) {
    report.add(path, "This must be an object of tools by name.");
    return;
  }
  const named: { name: string; origin: unknown; path: string }[] = [];
  for (const [tool, entry] of Object.entries(value)) {
    const place = `${path}/${tool.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    checkEntry(report, entry, place);
    if (isObject(entry)) named.push({ name: tool, origin: entry["origin"], path: place });
  }
  checkToolNames(report, named);
  checkSources(report, value, path);
};

/** A source must be a tool of the catalogue, else nothing would ever come from it. */
function checkSources(report: IssueReport, tools: JsonObject, path: string): void {
  for (const [tool, entry] of Object.entries(tools)) {
    const from = memberAt(memberAt(entry, "flow"), "from");
    for (const [argument, names] of Object.entries(isObject(from) ? from : {})) {
      (isList(names) ? names : []).forEach((text, index) => {
        const source = typeof text === "string" ? parseValueSource(text) : undefined;
        if (source === undefined || Object.hasOwn(tools, source.tool)) return;
        const place = toPointer([tool, "flow", "from", argument, index]);
        report.add(`${path}${place}`, `There is no tool ${JSON.stringify(source.tool)}.`);
      });
    }
  }
}

function memberAt(value: Json | undefined, member: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
}

function checkEntry(report: IssueReport, value: Json, path: string): void {
  const entry = checkMembers(report, value, path, {
    required: {
      class: choice(TOOL_CLASSES),
      sensitivity: choice(["public", "internal", "confidential", "restricted"]),
      reversible: flag,
      origin: choice(["local", "mcp", "provider"]),
      input: anyObject,
      result,
    },
    optional: {
      resource: anyObject,
      pin,
      facts: checkFacts,
      flow: object({
        optional: {
          exempt: list(exemptPlace, { isUnique: true }),
          from: dictionary(argumentPlace, list(valueSource, { isUnique: true })),
        },
      }),
      restore: list(exemptPlace, { isUnique: true }),
      effects: anyObject,
    },
  });
  if (entry !== undefined) checkResource(report, entry, path);
}

const checkFacts: Check = (report, value, path) => {
  if (!isObject(value)) {
    report.add(path, "This must be an object of facts by name.");
    return;
  }
  for (const [factName, declaration] of Object.entries(value)) {
    factKey(report, factName, `${path}/${factName}`);
    fact(report, declaration, `${path}/${factName}`);
  }
};

function checkResource(report: IssueReport, entry: JsonObject, path: string): void {
  const resource = Object.hasOwn(entry, "resource") ? entry["resource"] : undefined;
  const input = Object.hasOwn(entry, "input") ? entry["input"] : undefined;
  if (resource === undefined || !isObject(resource)) return;
  const place = `${path}/resource`;
  checkMembers(report, resource, place, {
    required: {
      type: name,
      id: (into, value, at) => {
        const schemas = input === undefined ? [] : [{ tool: "this tool", input }];
        checkCondition({ report: into, roles: new Set(), schemas }, value, at);
        const isArgument = isObject(value) && value["op"] === "var" && value["name"] === "args";
        if (!isArgument) into.add(at, "This must be a path below args.");
      },
    },
  });
}

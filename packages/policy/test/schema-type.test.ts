import type { Json } from "@portcullis/core";
import { expect, test } from "vitest";
import { typeAt } from "../src/sections/argument-path.ts";
import { typeOfSchema } from "../src/types/schema-type.ts";
import { toStaticType } from "../src/types/type.ts";

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { v: { type: "integer" }, next: { $ref: "#/$defs/node" } },
    },
    loop: { $ref: "#/$defs/loop" },
    "a/b": { type: "string" },
  },
  type: "object",
  properties: {
    n: { $ref: "#/$defs/node" },
    l: { $ref: "#/$defs/loop" },
    e: { $ref: "#/$defs/a~1b" },
    far: { $ref: "other.json" },
  },
};

test.for<readonly [string, Json, readonly (string | number)[], unknown]>([
  ["a string", { properties: { a: { type: "string" } } }, ["a"], "string"],
  ["an integer", { properties: { a: { type: "integer" } } }, ["a"], "int"],
  ["a number", { properties: { a: { type: "number" } } }, ["a"], "double"],
  ["nothing said", { properties: { a: {} } }, ["a"], "dyn"],
  ["true", { properties: { a: true } }, ["a"], "dyn"],
  ["nullable", { properties: { a: { type: ["string", "null"] } } }, ["a"], "dyn"],
  ["an enum of texts", { properties: { a: { enum: ["x", "y"] } } }, ["a"], "string"],
  ["an enum of numbers without a type", { properties: { a: { enum: [1, 2] } } }, ["a"], "double"],
  ["an enum of integers", { properties: { a: { type: "integer", enum: [1, 2] } } }, ["a"], "int"],
  ["a constant", { properties: { a: { const: true } } }, ["a"], "bool"],
  [
    "a list",
    { properties: { a: { type: "array", items: { type: "string" } } } },
    ["a"],
    { list: "string" },
  ],
  [
    "a list's element",
    { properties: { a: { type: "array", items: { type: "string" } } } },
    ["a", 0],
    "string",
  ],
  ["a list of anything", { properties: { a: { type: "array" } } }, ["a"], { list: "dyn" }],
  [
    "a tuple",
    { properties: { a: { type: "array", prefixItems: [{ type: "string" }] } } },
    ["a"],
    { list: "dyn" },
  ],
  [
    "an object",
    { properties: { a: { type: "object", properties: { b: {} } } } },
    ["a"],
    { map: "dyn" },
  ],
  [
    "a map",
    { properties: { a: { type: "object", additionalProperties: { type: "integer" } } } },
    ["a"],
    { map: "int" },
  ],
  ["a recursive reference", tree, ["n", "next", "next", "next", "v"], "int"],
  ["a reference to itself", tree, ["l"], "dyn"],
  ["an escaped reference", tree, ["e"], "string"],
  ["a foreign reference", tree, ["far"], "dyn"],
  [
    "equal alternatives",
    { properties: { a: { anyOf: [{ type: "string" }, { enum: ["x"] }] } } },
    ["a"],
    "string",
  ],
  [
    "alternatives",
    { properties: { a: { oneOf: [{ type: "string" }, { type: "integer" }] } } },
    ["a"],
    "dyn",
  ],
  [
    "a part of allOf",
    { properties: { a: { allOf: [{ minLength: 1 }, { type: "string" }] } } },
    ["a"],
    "string",
  ],
  ["a member of allOf", { allOf: [{ properties: { a: { type: "string" } } }] }, ["a"], "string"],
  [
    "a member of a branch",
    { type: "object", properties: { a: {} }, anyOf: [{ properties: { b: { type: "string" } } }] },
    ["b"],
    "string",
  ],
  [
    "a member behind if",
    {
      type: "object",
      if: { properties: { a: { const: 1 } } },
      else: { properties: { b: { type: "string" } } },
    },
    ["b"],
    "string",
  ],
  [
    "another member of an open object",
    { type: "object", additionalProperties: true },
    ["x"],
    "dyn",
  ],
  ["another member by pattern", { type: "object", patternProperties: { "^x": {} } }, ["x"], "dyn"],
  ["an open object inside", { properties: { a: { type: "object" } } }, ["a", "x"], "dyn"],
  [
    "a member that objects inherit",
    { type: "object", properties: { toString: { type: "string" } } },
    ["toString"],
    "string",
  ],
])("reads %s", ([, schema, path, expected]) => {
  const found = typeAt(typeOfSchema(schema, "args"), path);
  expect(found.ok && toStaticType(found.type)).toEqual(expected);
});

test.for<readonly [string, Json, readonly string[]]>([
  ["of a closed object", { type: "object", properties: { a: {} } }, ["b"]],
  ["of an empty object", { type: "object" }, ["b"]],
  [
    "of a closed object inside",
    { properties: { a: { type: "object", properties: { b: {} } } } },
    ["a", "c"],
  ],
  ["that objects inherit", { type: "object", properties: {} }, ["toString"]],
  [
    "of an object that is closed by a part",
    { type: "object", properties: { a: {} }, allOf: [{ additionalProperties: false }] },
    ["b"],
  ],
  ["of a text", { properties: { a: { type: "string" } } }, ["a", "b"]],
])("there is no member %s", ([, schema, path]) => {
  expect(typeAt(typeOfSchema(schema, "args"), path).ok).toBe(false);
});

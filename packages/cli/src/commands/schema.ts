import { PortcullisConfigError } from "@portcullis/core";
import { policyJsonSchema, policyTestJsonSchema } from "@portcullis/policy";
import { EXIT } from "../exit-code.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis schema`: the JSON Schemas of the files that people write. */
export const schemaVerb: Verb = defineVerb({
  name: "schema",
  summary: "Print the JSON Schema of policies or of policy tests",
  args: {
    which: {
      type: "positional",
      description: "policy (unless given) or policy-test",
      required: false,
      default: "policy",
    },
    json: { type: "boolean", description: "Print it on one line" },
  },
  details: `
Editors take the schema from line 1 of a file:
  # yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy.v1.json

Exit codes: 0 printed, 2 used wrongly.`,
  async run({ which, json }, io) {
    const schema = schemaOf(which);
    const text = json === true ? JSON.stringify(schema) : JSON.stringify(schema, undefined, 2);
    await io.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
});

function schemaOf(which: string): ReturnType<typeof policyJsonSchema> {
  if (which === "policy") return policyJsonSchema();
  if (which === "policy-test") return policyTestJsonSchema();
  throw new PortcullisConfigError("which", "There are the schemas `policy` and `policy-test`.");
}

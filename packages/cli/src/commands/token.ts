import { EXIT } from "../exit-code.ts";
import { suggestName } from "../suggest-name.ts";
import { toPrintable } from "../printable.ts";
import type { Verb } from "../verb.ts";
import { tokenDelegateVerb } from "./token-delegate.ts";
import { tokenInspectVerb } from "./token-inspect.ts";
import { tokenIssueVerb } from "./token-issue.ts";
import { tokenJwsVerifyVerb } from "./token-jws-verify.ts";
import { tokenKeyVerb } from "./token-key.ts";
import { tokenVerifyVerb } from "./token-verify.ts";

const VERBS: readonly Verb[] = [
  tokenKeyVerb,
  tokenIssueVerb,
  tokenDelegateVerb,
  tokenInspectVerb,
  tokenVerifyVerb,
  tokenJwsVerifyVerb,
];

/** `portcullis token …`: make, show and verify task tokens. */
export const tokenVerb: Verb = {
  name: "token",
  summary: "Make, show and verify task tokens",
  async usage() {
    const texts = await Promise.all(VERBS.map((verb) => verb.usage()));
    return `Usage: portcullis token <verb> [flags]\n\n${texts.join("\n")}`;
  },
  async run([name, ...rest], io) {
    const verb = VERBS.find((candidate) => candidate.name === `token ${name}`);
    if (verb !== undefined) return verb.run(rest, io);
    const names = VERBS.map((each) => each.name.slice("token ".length));
    const near = name === undefined ? undefined : suggestName(name, names);
    const what = name === undefined ? "a verb is missing" : `unknown verb ${toPrintable(name)}`;
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    await io.stderr.write(`portcullis token: ${what}; there are ${names.join(", ")}.${hint}\n`);
    return EXIT.usage;
  },
};

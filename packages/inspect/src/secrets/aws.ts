import { hasEntropy } from "./entropy.ts";
import type { SecretRule } from "./rule.ts";
import { ALNUM, atKeyword, keyed, token, UUID } from "./rule.ts";

const KEY_ID = ["AKIA", "ASIA", "ABIA", "ACCA", "A3T"];
const SECRET = "[A-Za-z0-9/+]{40}";
const SECRET_END = "(?![A-Za-z0-9/+=])";
const PAIR = new RegExp(`(?<![A-Za-z0-9/+=])${SECRET}${SECRET_END}`);
/** How far behind its key id a secret is looked for: the next lines. */
const PAIR_DISTANCE = 240;

/** Amazon Web Services. */
export const awsRules: readonly SecretRule[] = [
  token("aws-access-key-id", KEY_ID, { body: "[A-Z0-9]{16,17}" }),
  keyed(
    "aws-secret-access-key",
    [
      "secret_access_key",
      "secretaccesskey",
      "secret-access-key",
      "secret access key",
      "aws_secret",
      "awssecret",
      "aws-secret",
    ],
    { value: SECRET, after: SECRET_END, confidence: "high" },
  ),
  {
    id: "aws-key-pair",
    keywords: KEY_ID,
    confidence: "medium",
    locate(text, { start, end }) {
      const near = text.slice(end, start + PAIR_DISTANCE);
      const found = PAIR.exec(near);
      if (found === null || !hasEntropy(found[0], 4)) return undefined;
      const from = end + found.index;
      return { start: from, end: from + found[0].length };
    },
  },
  keyed("aws-session-token", ["session_token", "sessiontoken", "security_token"], {
    value: "[A-Za-z0-9/+=]{100,2048}",
    after: SECRET_END,
  }),
  token("aws-sts-token", ["FwoGZXIvYXdz", "IQoJb3JpZ2lu", "FQoGZXIvYXdz"], {
    body: "[A-Za-z0-9/+=]{80,2048}",
    after: SECRET_END,
  }),
  keyed("aws-account-id", ["aws_account_id", "awsaccountid", "aws-account-id", "aws_account"], {
    value: "\\d{4}-?\\d{4}-?\\d{4}",
    after: "(?![\\dA-Za-z-])",
    confidence: "low",
  }),
  token("aws-mws-token", "amzn.mws.", { body: UUID }),
  token("aws-bedrock-key", "ABSK", { body: "[A-Za-z0-9+/]{109,269}={0,2}" }),
  token("aws-bedrock-short-key", "bedrock-api-key-", { body: "[A-Za-z0-9+/=]{40,2048}" }),
  keyed("aws-appsync-key", ["appsync", "x-api-key"], { value: `da2-${ALNUM}{26}` }),
  atKeyword("aws-presigned-url", ["x-amz-signature="], {
    pattern: "[Xx]-[Aa]mz-[Ss]ignature=[a-f0-9]{64}(?![a-f0-9])",
  }),
];

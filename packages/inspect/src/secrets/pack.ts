import { aiRules } from "./ai.ts";
import { awsRules } from "./aws.ts";
import { cloudRules } from "./cloud.ts";
import { codeHostRules } from "./code-hosts.ts";
import { databaseRules } from "./databases.ts";
import { genericRules } from "./generic.ts";
import { messagingRules } from "./messaging.ts";
import { monitoringRules } from "./monitoring.ts";
import { paymentRules } from "./payments.ts";
import { privateKeyRules } from "./private-keys.ts";
import type { SecretRule } from "./rule.ts";
import { saasRules } from "./saas.ts";

/** Every rule that is shipped; of two that find the same, the more exact one stands first. */
export const SECRET_RULES: readonly SecretRule[] = [
  ...privateKeyRules,
  ...awsRules,
  ...cloudRules,
  ...codeHostRules,
  ...aiRules,
  ...messagingRules,
  ...paymentRules,
  ...databaseRules,
  ...monitoringRules,
  ...saasRules,
  ...genericRules,
];

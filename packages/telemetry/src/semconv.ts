/**
 * Every span and attribute name that Portcullis emits; stable under semver.
 *
 * A span that is not about one tool of the catalogue has the bare name, because the name that a
 * model invents is the model's text.
 */
export const SEMCONV = {
  /** Span of `guard.execute`, followed by a space and the tool. */
  spanExecute: "portcullis.execute",
  /** Span of `guard.check`, followed by a space and the tool. */
  spanCheck: "portcullis.check",
  /** Span from the request of an approval to its answer. */
  spanApprovalWait: "portcullis.approval.wait",
  /** Text: id of the decision, as in the decision log. */
  decisionId: "portcullis.decision.id",
  /** Text: what the policy said, `permit`, `deny` or `approval-required`. */
  decisionOutcome: "portcullis.decision.outcome",
  /** Text: what was done about it; differs from the outcome in shadow mode. */
  decisionEnforced: "portcullis.decision.enforced",
  /** Text: denial code of a call that did not run. */
  decisionCode: "portcullis.decision.code",
  /** Text: `enforce` or `shadow`. */
  mode: "portcullis.mode",
  /** List of texts: ids of the rules that applied. */
  ruleIds: "portcullis.rule.ids",
  /** Text: name of the policy. */
  bundleName: "portcullis.bundle.name",
  /** Integer: serial of the policy. */
  bundleSerial: "portcullis.bundle.serial",
  /** Text: the tool, where it is one of the catalogue. */
  toolName: "portcullis.tool.name",
  /** Integer: hops of delegation before the acting agent; absent where only a token knows. */
  delegationDepth: "portcullis.delegation.depth",
  /** Text: id of the approval that is needed or was answered. */
  approvalId: "portcullis.approval.id",
} as const;

/** A message for people about a call. */
export interface Notification {
  readonly channel: string;
  readonly priority: "low" | "normal" | "high" | "critical";
  readonly event: "approval-requested" | "call-refused" | "obligation";
  readonly decisionId: string;
  readonly tool: string;
  readonly approvalId?: string;
  /** Fixed text without values. */
  readonly text: string;
}

/** Tells people. A failure never blocks a refusal. */
export interface Notifier {
  notify(notification: Notification): Promise<void>;
}

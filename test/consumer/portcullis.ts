import { createPortcullis, trustedPrincipal } from "portcullis";

const warnings: string[] = [];
const logger = { warn: (message: string): void => void warnings.push(message) };
const guard = await createPortcullis({ policy: "./policy.yaml", logger });
const context = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
const outcomes: string[] = [];
for (const amount of [1, 100]) {
  const call = { callId: "1", tool: "pay", args: { amount } };
  outcomes.push((await guard.check(call, context)).outcome);
}
if (outcomes.join() !== "permit,deny") throw new Error(`the guard answered ${outcomes.join()}`);
if (warnings.length !== 1) throw new Error("nobody was told that the policy is unsigned");

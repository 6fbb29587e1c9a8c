// Measures one family of peers beside ours; started by the peers bench, answers by a message.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compilePolicy, evaluatePolicy, parsePolicy } from "@portcullis/core";
import {
  createDocument,
  createRequests,
  createRules,
  toEvaluationRequests,
} from "./decision-load.ts";
import type { PlainRequest, PlainRule } from "./decision-load.ts";
import { checkAnswers } from "./decision.ts";
import { asyncContender, contender, measure } from "./measure.ts";
import type { Contender, Timing } from "./measure.ts";
import { OURS } from "./peer-family.ts";
import type { FamilyAnswer, FamilyTask, Peer, PeerModule, PeerRow } from "./peer-family.ts";

const FOLDER = join(import.meta.dirname, "peers");
const TIMED = [
  ["hit", "hit-spread"],
  ["miss", "miss"],
] as const;

process.once("message", (task: FamilyTask) => {
  void measureFamily(task).then(answer, (cause: unknown) => {
    if (isNotRun(cause)) answer({ notRun: cause.message });
    else throw cause;
  });
});

function answer(message: FamilyAnswer): void {
  process.send?.(message, () => process.disconnect());
}

async function measureFamily({ family, sizes, rounds }: FamilyTask): Promise<FamilyAnswer> {
  const { create } = (await import(join(FOLDER, `${family}.mjs`))) as PeerModule;
  await checkCollection(create);
  const rows: PeerRow[] = [];
  for (const size of sizes) {
    const rules = createRules(size);
    const peers = await create(rules);
    for (const peer of peers) await checkPeer(peer, rules);
    const contenders = [...createOurs(rules), ...peers.flatMap((peer) => createLanes(peer, rules))];
    const timings = await measure(contenders, { rounds });
    for (const timing of timings) rows.push(await toRow({ family, size, timing, peers }));
  }
  return { rows };
}

function createOurs(rules: readonly PlainRule[]): readonly Contender[] {
  const policy = compilePolicy(parsePolicy(createDocument(rules)));
  for (const kind of ["hit", "hit-spread", "near-miss", "miss"] as const) {
    checkAnswers(policy, createRequests(rules, kind));
  }
  return TIMED.map(([name, kind]) => {
    const inputs = toEvaluationRequests(createRequests(rules, kind));
    return contender(`${name} ${OURS}`, inputs, (request) => evaluatePolicy(policy, request));
  });
}

function createLanes(peer: Peer, rules: readonly PlainRule[]): readonly Contender[] {
  return TIMED.map(([name, kind]) => {
    const inputs = createRequests(rules, kind).map((request) => peer.prepare(request));
    const lane = `${name} ${peer.name}`;
    return peer.isAsync === true
      ? asyncContender(lane, inputs, async (input) => peer.decide(input))
      : contender(lane, inputs, (input) => peer.decide(input));
  });
}

/** Throws unless the peer permits every hit and denies everything else. */
async function checkPeer(peer: Peer, rules: readonly PlainRule[]): Promise<void> {
  for (const kind of ["hit", "hit-spread", "near-miss", "miss"] as const) {
    for (const request of createRequests(rules, kind)) {
      const { permit, rules: named } = await ask(peer, request);
      const isRight = permit === (request.rule !== undefined);
      if (!isRight || (permit && !named.includes(request.rule ?? ""))) {
        throw new Error(`${peer.name} answers a ${kind} of ${rules.length} rules wrongly.`);
      }
    }
  }
}

/** Throws unless a peer that claims to collect all rules names both of two that match. */
async function checkCollection(create: PeerModule["create"]): Promise<void> {
  const rules = createRules(20);
  const [request] = createRequests(rules, "hit");
  const twin = { ...rules[0]!, id: "twin" };
  for (const peer of await create([...rules, twin])) {
    const { rules: named } = await ask(peer, request!);
    const isAll = named.includes("twin") && named.includes(request!.rule!);
    if (isAll !== (peer.collects === "all")) {
      throw new Error(`${peer.name} is labelled wrongly: it names ${named.join(" and ")}.`);
    }
  }
}

async function ask(peer: Peer, request: PlainRequest): Promise<ReturnType<Peer["answer"]>> {
  return peer.answer(await peer.decide(peer.prepare(request)));
}

async function toRow(found: {
  readonly family: FamilyTask["family"];
  readonly size: number;
  readonly timing: Timing;
  readonly peers: readonly Peer[];
}): Promise<PeerRow> {
  const { family, size, timing, peers } = found;
  const [, kind, name = ""] = /^(hit|miss) (.*)$/.exec(timing.name) ?? [];
  const peer = peers.find((candidate) => candidate.name === name);
  const { medianNs, minNs, maxNs } = timing;
  return {
    family,
    contender: name,
    rules: size,
    case: kind === "hit" ? "hit" : "miss",
    collects: peer?.collects ?? "all",
    ...(peer?.note === undefined ? {} : { note: peer.note }),
    ...(peer === undefined ? {} : { package: await describePackage(peer.package) }),
    medianNs,
    minNs,
    maxNs,
  };
}

async function describePackage(name: string): Promise<string> {
  const text = await readFile(join(FOLDER, "node_modules", name, "package.json"), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return `${name}@${version}`;
}

function isNotRun(cause: unknown): cause is Error {
  return cause instanceof Error && "code" in cause && cause.code === "PEER_NOT_RUN";
}

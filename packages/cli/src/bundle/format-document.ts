import type { InspectedDocument } from "@portcullis/bundle";
import { algorithmOf } from "@portcullis/bundle";
import { toPrintable } from "../printable.ts";

/** Writes a document for people: what it is, its digest, and what it says. */
export function formatDocument(inspected: InspectedDocument): string {
  const head = [
    ["document", inspected.kind],
    ["digest", inspected.digest],
    ...linesOf(inspected),
    ["signed by", inspected.signers.length === 0 ? "nobody" : inspected.signers.join("\n")],
  ] as const;
  return head
    .flatMap(([label, value]) =>
      value
        .split("\n")
        .map((line, at) => `${(at === 0 ? label : "").padEnd(12)}${toPrintable(line)}\n`),
    )
    .join("");
}

type Line = readonly [string, string];

function linesOf(inspected: InspectedDocument): readonly Line[] {
  if (inspected.kind === "root") return rootLines(inspected.document);
  if (inspected.kind === "head") return headLines(inspected.document);
  return bundleLines(inspected.document, inspected.files.size);
}

type Of<K extends InspectedDocument["kind"]> = Extract<
  InspectedDocument,
  { readonly kind: K }
>["document"];

function rootLines(root: Of<"root">): readonly Line[] {
  const roles = Object.entries(root.roles).map(
    ([name, { keyids, threshold, algorithms }]): Line => {
      const each = algorithms === undefined ? "" : ` in each of ${algorithms.join(", ")}`;
      const keys = keyids.map((keyid) => {
        const jwk = root.keys.get(keyid);
        return `  ${keyid} ${jwk === undefined ? "" : algorithmOf(jwk)}`;
      });
      return [name, [`${threshold} of ${keyids.length}${each}`, ...keys].join("\n")];
    },
  );
  return [
    ["names", root.names.join(", ")],
    ["version", `${root.version}, epoch ${root.epoch}`],
    ["expires", toTime(root.expires)],
    ...roles,
    ...root.issuers.map(({ iss, keys }): Line => ["issuer", `${iss}, ${keys.length} keys`]),
    ...[...root.revoked].map((digest): Line => ["revoked", digest]),
  ];
}

function headLines(head: Of<"head">): readonly Line[] {
  const { main, canary, rollout } = head;
  return [
    ["bundle", `${head.name}, channel ${head.channel}`],
    ["version", `${head.version}, root ${head.rootVersion}, epoch ${head.epoch}`],
    ["issued", toTime(head.issued)],
    ["expires", toTime(head.expires)],
    ["min serial", String(head.minSerial)],
    ["main", `${main.serial} ${main.digest}`],
    ...(canary === undefined ? [] : [["canary", `${canary.serial} ${canary.digest}`] as const]),
    ...(rollout === undefined
      ? []
      : [
          [
            "rollout",
            `${rollout.mode} ${rollout.basisPoints / 100} %, salt ${rollout.salt}`,
          ] as const,
        ]),
  ];
}

function bundleLines(bundle: Of<"bundle">, files: number): readonly Line[] {
  const { source, commit, builder } = bundle.provenance;
  return [
    ["bundle", `${bundle.name}, serial ${bundle.serial}`],
    ["valid from", toTime(bundle.notBefore)],
    ["expires", toTime(bundle.expires)],
    ["requires", ["core " + bundle.requires.core, ...bundle.requires.features].join(", ")],
    ["namespaces", bundle.namespaces.join(", ")],
    ["compiler", bundle.compiler],
    ...[source, commit, builder].flatMap((text): readonly Line[] =>
      text === undefined ? [] : [["provenance", text]],
    ),
    ["files", String(files)],
  ];
}

function toTime(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

import { refuseBundle } from "./bundle-refusal.ts";
import { DIGEST, NAME } from "./internal/read-members.ts";

/** Paths of the documents of one bundle below its base; the same for files and HTTP. */
export interface BundleLayout {
  root(version: number): string;
  head(): string;
  bundle(digest: string): string;
}

/**
 * Names the documents of one bundle. Names that are not of the grammar are refused, so that none
 * leads out of the base.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `wrong-name`, `wrong-channel` or
 * `digest-mismatch`.
 */
export function createLayout(name: string, channel: string): BundleLayout {
  if (!NAME.test(name)) throw refuseBundle("wrong-name", "The name of a bundle is a-z, 0-9 and -.");
  if (!NAME.test(channel)) throw refuseBundle("wrong-channel", "A channel is a-z, 0-9 and -.");
  return {
    root: (version) => `${name}/root/${version}.json`,
    head: () => `${name}/head/${channel}.json`,
    bundle(digest) {
      if (!DIGEST.test(digest)) throw refuseBundle("digest-mismatch", "A digest is sha256:<hex>.");
      return `${name}/bundle/${digest.slice("sha256:".length)}.json`;
    },
  };
}

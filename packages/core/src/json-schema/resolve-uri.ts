const PARTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

interface UriParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
}

/** A URI reference that was resolved: the resource and the place in it. */
export interface ResolvedUri {
  /** Absolute URI without a fragment; `""` for a document that has none. */
  readonly resource: string;
  /** What follows `#`, still percent-encoded; `""` for the whole resource. */
  readonly fragment: string;
}

/**
 * Resolves a URI reference against a base (RFC 3986 §5.2).
 *
 * Nothing is normalised beyond dot segments: two spellings of one URI stay two URIs.
 */
export function resolveUri(reference: string, base: string): ResolvedUri {
  const fragmentAt = reference.indexOf("#");
  const fragment = fragmentAt < 0 ? "" : reference.slice(fragmentAt + 1);
  const target = split(fragmentAt < 0 ? reference : reference.slice(0, fragmentAt));
  const from = split(base);
  if (target.scheme !== undefined) return { resource: join(target, target.path), fragment };
  const scheme = from.scheme;
  if (target.authority !== undefined) {
    return { resource: join({ ...target, scheme }, removeDots(target.path)), fragment };
  }
  if (target.path === "") {
    const query = target.query ?? from.query;
    return { resource: join({ ...from, query }, from.path), fragment };
  }
  const path = target.path.startsWith("/") ? target.path : merge(from, target.path);
  return { resource: join({ ...from, query: target.query }, removeDots(path)), fragment };
}

function split(uri: string): UriParts {
  const match = PARTS.exec(uri);
  return { scheme: match?.[1], authority: match?.[2], path: match?.[3] ?? "", query: match?.[4] };
}

function merge(base: UriParts, path: string): string {
  if (base.authority !== undefined && base.path === "") return `/${path}`;
  return base.path.slice(0, base.path.lastIndexOf("/") + 1) + path;
}

function removeDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") {
      if (kept.length > 1) kept.pop();
      if (isLast) kept.push("");
    } else if (segment === ".") {
      if (isLast) kept.push("");
    } else kept.push(segment);
  }
  return kept.join("/");
}

function join({ scheme, authority, query }: UriParts, path: string): string {
  const prefix = scheme === undefined ? "" : `${scheme}:`;
  const host = authority === undefined ? "" : `//${authority}`;
  return `${prefix}${host}${path}${query === undefined ? "" : `?${query}`}`;
}

import ipaddr from "ipaddr.js";

/** An address that was read strictly. */
export interface Address {
  /** 4 also for an IPv4 address written in IPv6, `::ffff:10.0.0.1`. */
  readonly version: 4 | 6;
  /** Four decimal parts, or RFC 5952. */
  readonly text: string;
  /** Name of the special-purpose block it lies in, else `unicast`. */
  readonly range: string;
  /** Whether it may lie in the public internet. */
  readonly isPublic: boolean;
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

const PART = "(?:0|[1-9]\\d{0,2})";
const FOUR_PARTS = new RegExp(`^${PART}(?:\\.${PART}){3}$`);
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;
const MAX_TEXT = 45;

/**
 * Reads four decimal parts without leading zeros, or RFC 4291 §2.2 text without a zone; anything
 * else, such as `0x7f.1`, `2130706433` or `0177.0.0.1`, is `undefined`.
 */
export function parseAddress(text: string): Address | undefined {
  const parsed = parseStrictly(text);
  if (parsed === undefined) return undefined;
  const range = parsed.range();
  return {
    version: parsed.kind() === "ipv4" ? 4 : 6,
    text: textOf(parsed),
    range,
    isPublic: range === "unicast" && !isReservedIpv6(parsed),
  };
}

/** An address block, ready to be compared. */
export interface AddressBlock {
  /** Tells whether an address lies in the block; one of the other version never does. */
  includes(address: string): boolean;
}

/**
 * Reads a block such as `10.0.0.0/8`.
 *
 * @throws {TypeError} when it is none, or when bits behind the prefix are set.
 */
export function parseBlock(text: string): AddressBlock {
  const [base, prefix, more] = text.split("/");
  const network = base === undefined ? undefined : parseStrictly(base);
  const length = prefix !== undefined && PREFIX.test(prefix) ? Number(prefix) : Number.NaN;
  const bits = network?.kind() === "ipv4" ? 32 : 128;
  if (network === undefined || more !== undefined || !(length <= bits)) {
    throw new TypeError("A block is an address, a slash and the number of bits, as 10.0.0.0/8.");
  }
  const isMapped = base?.includes(":") === true && network.kind() === "ipv4";
  if (isMapped || !hasOnlyPrefix(network.toByteArray(), length)) {
    throw new TypeError("The bits of a block behind its prefix must be zero.");
  }
  return {
    includes(address) {
      const other = parseStrictly(address);
      if (other === undefined) throw new TypeError("Not an address.");
      return other.kind() === network.kind() && sharePrefix(other, network, length);
    },
  };
}

function parseStrictly(text: string): Parsed | undefined {
  if (text.length > MAX_TEXT) return undefined;
  if (FOUR_PARTS.test(text)) return ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;
  const groups = withHexadecimalTail(text);
  if (groups === undefined || !/^[\da-f:]+$/i.test(groups)) return undefined;
  return ipaddr.IPv6.isValid(groups) ? ipaddr.process(groups) : undefined;
}

// The library takes `::127.0.0.1` for `::ffff:127.0.0.1`; these are different addresses.
function withHexadecimalTail(text: string): string | undefined {
  const start = text.lastIndexOf(":") + 1;
  const tail = text.slice(start);
  if (!tail.includes(".")) return text;
  if (!FOUR_PARTS.test(tail) || !ipaddr.IPv4.isValid(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function textOf(parsed: Parsed): string {
  return "parts" in parsed ? parsed.toRFC5952String() : parsed.toString();
}

// Of IPv6 only 2000::/3 is allocated (RFC 4291 §2.4); the library calls `::7f00:1`, the old way to
// write 127.0.0.1 in IPv6, unicast.
function isReservedIpv6(parsed: Parsed): boolean {
  return "parts" in parsed && ((parsed.parts[0] ?? 0) & 0xe000) !== 0x2000;
}

function sharePrefix(a: Parsed, b: Parsed, length: number): boolean {
  const other = b.toByteArray();
  return a.toByteArray().every((byte, index) => {
    const mask = maskOf(length, index);
    return (byte & mask) === ((other[index] ?? 0) & mask);
  });
}

function hasOnlyPrefix(bytes: readonly number[], length: number): boolean {
  return bytes.every((byte, index) => (byte & ~maskOf(length, index) & 0xff) === 0);
}

function maskOf(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/** The field's prime, 2^255 - 19. */
const PRIME: bigint = 2n ** 255n - 19n;
const SIGN_BIT: bigint = 2n ** 255n;

// The y coordinates of the eight points whose order divides 8 (RFC 8032 §5.1, torsion of the curve).
const WEAK_Y: readonly bigint[] = [
  0n,
  1n,
  PRIME - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
];

/**
 * Tells whether an encoded point is of small order, or its coordinate not the smallest of its
 * residue class: under such a key a signature says nothing about who made it.
 */
export function isWeakEd25519Point(encoded: Uint8Array): boolean {
  let value = 0n;
  for (const byte of encoded.toReversed()) value = value * 256n + BigInt(byte);
  const y = value % SIGN_BIT;
  return y >= PRIME || WEAK_Y.includes(y);
}

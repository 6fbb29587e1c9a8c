/** The 95 % confidence interval of a share, by Wilson's score (E. B. Wilson, 1927). */
export function wilson(hits: number, cases: number): readonly [low: number, high: number] {
  if (cases === 0) return [0, 1];
  const z = 1.959_964;
  const share = hits / cases;
  const spread = z * z;
  const centre = share + spread / (2 * cases);
  const half = z * Math.sqrt((share * (1 - share) + spread / (4 * cases)) / cases);
  const scale = 1 + spread / cases;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

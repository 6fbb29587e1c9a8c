/** A map from whole numbers from 1 to 2^52 to small ones above 0; what it does not hold is 0. */
export interface NumberTable {
  /** Bytes that the table takes. */
  readonly bytes: number;
  get(key: number): number;
  set(key: number, value: number): void;
}

const FIRST_SIZE = 64;

/** Creates an empty table: open addressing in typed arrays, 13 to 27 bytes for each entry. */
export function createNumberTable(): NumberTable {
  let keys = new Float64Array(FIRST_SIZE);
  let values = new Uint16Array(FIRST_SIZE);
  let count = 0;

  const slotOf = (key: number): number => {
    const mask = keys.length - 1;
    // The keys are hashes, so their own low bits spread them.
    let slot = (key % 0x1_0000_0000) & mask;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  };
  const grow = (): void => {
    const [oldKeys, oldValues] = [keys, values];
    keys = new Float64Array(oldKeys.length * 2);
    values = new Uint16Array(oldKeys.length * 2);
    oldKeys.forEach((key, index) => {
      if (key === 0) return;
      const slot = slotOf(key);
      keys[slot] = key;
      values[slot] = oldValues[index] ?? 0;
    });
  };
  return {
    get bytes() {
      return keys.byteLength + values.byteLength;
    },
    get: (key) => values[slotOf(key)] ?? 0,
    set(key, value) {
      if ((count + 1) * 4 > keys.length * 3) grow();
      const slot = slotOf(key);
      if (keys[slot] === 0) {
        keys[slot] = key;
        count += 1;
      }
      values[slot] = value;
    },
  };
}

import { DatabaseSync } from "node:sqlite";

/** One payment. */
export interface Refund {
  readonly order: string;
  readonly account: string;
  /** Euros. */
  readonly amount: number;
}

/** The shop's payments, in an SQLite file. */
export interface RefundLedger {
  pay(refund: Refund): void;
  close(): void;
}

/** Opens the payments, in a new file. */
export function openRefundLedger(path: string): RefundLedger {
  const database = new DatabaseSync(path);
  database.exec(
    'CREATE TABLE refund ("order" TEXT NOT NULL, account TEXT NOT NULL, amount REAL NOT NULL) STRICT',
  );
  const insert = database.prepare("INSERT INTO refund VALUES (?, ?, ?)");
  return {
    pay({ order, account, amount }) {
      insert.run(order, account, amount);
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** Reads the payments from the file, through a connection of its own. */
export function readRefunds(path: string): readonly Refund[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare("SELECT * FROM refund ORDER BY rowid")
      .all()
      .map(({ order, account, amount }) => ({
        order: String(order),
        account: String(account),
        amount: Number(amount),
      }));
  } finally {
    database.close();
  }
}

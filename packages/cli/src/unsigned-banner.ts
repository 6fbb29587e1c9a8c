/** Takes what the host should read; `console` is one. */
export interface Logger {
  warn(message: string): void;
}

const STDERR: Logger = {
  warn(message) {
    process.stderr.write(`${message}\n`);
  },
};

const announced: WeakSet<Logger> = new WeakSet();

/** Says loudly that an unsigned policy is in force: once for each logger in this process. */
export function announceUnsigned(file: string, logger: Logger = STDERR): void {
  if (announced.has(logger)) return;
  announced.add(logger);
  logger.warn(unsignedBanner(file));
}

/** The text of the banner. */
export function unsignedBanner(file: string): string {
  return [
    "┌─ PORTCULLIS: DEVELOPMENT MODE ─────────────────────────────────────────",
    `│ ${file} is NOT SIGNED. Whoever can write to it can change what is permitted.`,
    "│ Production (NODE_ENV=production) refuses it and takes only a signed bundle.",
    "└─────────────────────────────────────────────────────────────────────────",
  ].join("\n");
}

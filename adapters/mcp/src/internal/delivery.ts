import type { JsonRpcMessage } from "../transport.ts";
import type { Beside, Connection } from "./connection.ts";

/** Delivers messages in the order in which they were handed in, also those that are not ready. */
export type Delivery = (message: Promise<JsonRpcMessage>, beside: Beside) => Promise<void>;

/** Creates a delivery to one end of a connection. */
export function createDelivery(send: Connection["toClient"]): Delivery {
  let delivered: Promise<void> = Promise.resolve();
  return (message, beside) => {
    const before = delivered;
    const done = message.then(async (ready) => {
      await before;
      await send(ready, beside);
    });
    delivered = done.catch(ignore);
    return done;
  };
}

function ignore(): undefined {}

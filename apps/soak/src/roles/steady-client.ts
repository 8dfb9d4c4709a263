// A client as it should be: sends numbered messages, waits for each echo, and notices whatever is missing or out of order.
import { MessageHandler } from '@verb-tcp/framing-json';
import { dial } from '../dial.js';
import { quantile } from '../statistics.js';

export interface RoundTrips {
  sent: number;
  /** Echoes that were not the message sent, or never came. */
  wrong: number;
  /** Microseconds. */
  p50: number;
  p99: number;
}

export interface SteadyClient {
  connect(port: number): Promise<void>;
  /** One message after the other, so many, each when the one before is back and `pause` milliseconds have passed. */
  exchange(count: number, pause: number): Promise<RoundTrips>;
  /** The same without end; `rest` ends it. */
  begin(): void;
  rest(): Promise<RoundTrips>;
}

export function steadyClient(_settings: object): SteadyClient {
  let handler: MessageHandler;
  let number = 0;
  let isResting = false;
  let going: Promise<RoundTrips> | undefined;

  const exchange = async (count: number, pause: number): Promise<RoundTrips> => {
    const times: number[] = [];
    let wrong = 0;
    const echoes = handler[Symbol.asyncIterator]();
    for (let done = 0; done < count && !isResting; done++) {
      const begunAt = performance.now();
      const text = 'x'.repeat(number % 1000);
      handler.sendMessage({ number, text });
      const { value, done: isOver } = (await echoes.next()) as { value?: { number: number; text: string }; done?: boolean };
      if (isOver === true) break;
      times.push((performance.now() - begunAt) * 1000);
      if (value?.number !== number || value.text !== text) wrong++;
      number++;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return { sent: times.length, wrong, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };

  return {
    async connect(port) {
      handler = new MessageHandler(await dial({ port }));
      handler.on('error', () => {});
    },
    exchange,
    begin() {
      isResting = false;
      going = exchange(Infinity, 1);
    },
    rest() {
      isResting = true;
      return going as Promise<RoundTrips>;
    },
  };
}

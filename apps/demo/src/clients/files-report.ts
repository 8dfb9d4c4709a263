// How far a transfer is, for a person: a bar on a terminal, a line now and then elsewhere, or one JSON object a line. Rate and
// remaining time count the bytes of this run, never those that were there before.
import { SingleBar } from 'cli-progress';
import { printable } from '../printable.js';
import type { TransferProgress } from '@verb-tcp/file-transfer';

const QUIET_MILLISECONDS = 10_000;
const QUIET_SHARE = 0.1;
const RATE_MILLISECONDS = 2000;

export interface Report {
  progress(at: TransferProgress): void;
  warn(code: string, message: string): void;
  done(facts: { filename: string; bytes: number; resumedFrom: number; duration: number; sha256: string | undefined }): void;
  stop(): void;
}

export interface ReportSettings {
  readonly name: string;
  readonly isJSON: boolean;
  readonly isTerminal: boolean;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

export function createReport({ name, isJSON, isTerminal, print, complain }: ReportSettings): Report {
  const shown = printable(name, 60);
  const rate = new Rate();
  let bar: SingleBar | undefined;
  let toldAt = performance.now();
  let toldBytes = 0;
  let hasBegun = false;
  const say = (event: string, facts: object): void => print(JSON.stringify({ event, name, ...facts }));

  const begin = ({ bytes, totalBytes, resumedFrom }: TransferProgress): void => {
    hasBegun = true;
    rate.begin(bytes);
    toldBytes = bytes;
    if (isJSON) say('start', { bytes, totalBytes, resumedFrom });
    else if (resumedFrom > 0) complain(`Resuming ${shown} at ${Math.floor((resumedFrom / totalBytes) * 100)} % (${size(resumedFrom)} of ${size(totalBytes)})`);
    if (isJSON || !isTerminal) return;
    bar = new SingleBar({ format: `${shown} {bar} {percentage} % {rate} {left}`, stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 5 });
    bar.start(totalBytes, bytes, { rate: '', left: '' });
  };

  return {
    progress(at) {
      if (!hasBegun) begin(at);
      const { bytes, totalBytes } = at;
      const perSecond = rate.at(bytes);
      bar?.update(bytes, {
        rate: perSecond === undefined ? '' : `${size(perSecond)}/s`,
        left: perSecond === undefined ? '' : `${Math.ceil((totalBytes - bytes) / Math.max(perSecond, 1))} s left`,
      });
      const isDue = bytes - toldBytes >= totalBytes * QUIET_SHARE || performance.now() - toldAt >= QUIET_MILLISECONDS;
      if (bar !== undefined || !isDue) return;
      toldAt = performance.now();
      toldBytes = bytes;
      if (isJSON) say('progress', { bytes, totalBytes });
      else complain(`${shown}: ${Math.floor((bytes / Math.max(totalBytes, 1)) * 100)} %`);
    },
    warn(code, message) {
      bar?.stop();
      bar = undefined;
      hasBegun = false;
      if (isJSON) say('warning', { code, message });
      else complain(`${shown}: ${printable(message, 200)} (${code})`);
    },
    done({ filename, bytes, resumedFrom, duration, sha256 }) {
      bar?.stop();
      if (isJSON) say('complete', { filename, bytes, resumedFrom, duration, sha256 });
      else print(`${printable(filename)}: ${bytes} bytes in ${(duration / 1000).toFixed(1)} s, ${size(((bytes - resumedFrom) / duration) * 1000)}/s, sha256 ${sha256 ?? 'not checked'}`);
    },
    stop: () => bar?.stop(),
  };
}

/** Bytes a second over the last two seconds of this run. */
class Rate {
  #samples: { at: number; bytes: number }[] = [];
  #beganAt = 0;

  begin(bytes: number): void {
    this.#beganAt = performance.now();
    this.#samples = [{ at: this.#beganAt, bytes }];
  }

  /** `undefined` in the first two seconds: what is shown then is wrong. */
  at(bytes: number): number | undefined {
    const now = performance.now();
    this.#samples.push({ at: now, bytes });
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - RATE_MILLISECONDS) this.#samples.shift();
    const [first] = this.#samples;
    if (now - this.#beganAt < RATE_MILLISECONDS || first === undefined) return undefined;
    return ((bytes - first.bytes) / Math.max(now - first.at, 1)) * 1000;
  }
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

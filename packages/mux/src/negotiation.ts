// Who the peer is: unknown until its hello or the deadline, then extended or minimal. A late hello still counts. Pure.
import type { Hello } from './codec.js';
import type { Extensions } from './options.js';

export type Capability = 'credit' | 'ack' | 'reset' | 'ping' | 'goaway';
const CAPABILITIES: readonly Capability[] = ['credit', 'ack', 'reset', 'ping', 'goaway'];
const AUTO_DEADLINE = 1000;
const REQUIRE_DEADLINE = 5000;

export class Negotiation {
  readonly #mode: Extensions;
  #peer: Hello | undefined;
  #caps: ReadonlySet<string> = new Set();
  #isMinimal: boolean;
  /** Ours was said, or will be with the next bytes that leave. */
  isSaid = false;
  /** When the deadline for the peer's hello began; -1 where it has not. */
  startedAt = -1;

  /** @param isBuiltIn the codec speaks every extension without a hello */
  constructor(mode: Extensions, isBuiltIn: boolean) {
    this.#mode = mode;
    this.#isMinimal = mode === 'off' && !isBuiltIn;
    if (isBuiltIn) {
      this.#caps = new Set(CAPABILITIES);
      this.#peer = { caps: CAPABILITIES, initialWindow: 256 * 1024, maxStreams: Infinity };
    }
  }

  get isOff(): boolean {
    return this.#mode === 'off';
  }

  get isRequired(): boolean {
    return this.#mode === 'require';
  }

  get isExtended(): boolean {
    return this.#peer !== undefined;
  }

  get isMinimal(): boolean {
    return this.#isMinimal;
  }

  get isKnown(): boolean {
    return this.#isMinimal || this.#peer !== undefined;
  }

  get peer(): Hello | undefined {
    return this.#peer;
  }

  can(capability: Capability): boolean {
    return this.#caps.has(capability);
  }

  /** Whether the peer says when it takes a stream, as far as is known. */
  get isAcking(): boolean {
    return !this.isKnown || this.can('ack');
  }

  /** What we say of ourselves. */
  ours(initialWindow: number, maxStreams: number): Hello {
    return { caps: CAPABILITIES, initialWindow, maxStreams: Math.min(maxStreams, 0xffffffff) };
  }

  /** The peer's hello; false for a second one. */
  hear(hello: Hello): boolean {
    if (this.#peer !== undefined) return false;
    this.#peer = hello;
    this.#isMinimal = false;
    this.#caps = new Set(CAPABILITIES.filter((capability) => hello.caps.includes(capability)));
    return true;
  }

  /** Whether the deadline is over; then the peer is minimal. */
  isOverdue(now: number): boolean {
    if (this.startedAt < 0 || this.isKnown) return false;
    return now - this.startedAt >= (this.isRequired ? REQUIRE_DEADLINE : AUTO_DEADLINE);
  }

  giveUp(): void {
    this.#isMinimal = true;
  }
}

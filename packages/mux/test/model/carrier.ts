// The way between two ends: two in-memory pairs that cut and join at random, and a relay between them that can be held,
// watched, made to go wrong, and dropped.
import type { TCPSocket } from '@verb-tcp/socket';
import { socketPair } from '@verb-tcp/testing';
import { FrameReader, type Frame } from './frames.js';
import { pick, type Random } from './random.js';

type PairSocket = ReturnType<typeof socketPair>[0];
/** 0 is who opens first. Of a direction: its sender. */
export type Side = 0 | 1;

/** What goes wrong on the way. */
export interface Mutant {
  /** What becomes of a piece as it was cut; without, it stays. */
  piece?(piece: Buffer, from: Side): Buffer | undefined;
  /** What is sent on for one frame; without, the frame. */
  frame?(frame: Frame, from: Side): Frame[];
}

/** Sees every frame that is sent on, before it is. */
export type Watch = (frame: Frame, from: Side) => void;

const MARKS = [256, 4096, 65_536];
const MAX_SEED = 2 ** 32 - 1;

class Direction {
  readonly #reader = new FrameReader();
  #isHeld = false;
  #isFull = false;

  constructor(
    readonly from: PairSocket,
    readonly to: PairSocket,
    side: Side,
    watch: Watch,
    mutant: Mutant,
  ) {
    from.on('data', (whole: Buffer) => {
      const piece = mutant.piece === undefined ? whole : mutant.piece(whole, side);
      for (const read of this.#reader.read(whole)) {
        for (const frame of mutant.frame?.(read, side) ?? [read]) {
          watch(frame, side);
          if (mutant.frame !== undefined) this.#send(frame.bytes);
        }
      }
      if (mutant.frame === undefined) this.#send(piece);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.resetAndDestroy());
    to.on('drain', () => {
      this.#isFull = false;
      this.#flow();
    });
  }

  set isHeld(isHeld: boolean) {
    this.#isHeld = isHeld;
    this.#flow();
  }

  #send(bytes: Buffer | undefined): void {
    if (bytes === undefined || !this.to.writable || this.to.write(bytes)) return;
    this.#isFull = true;
    this.#flow();
  }

  #flow(): void {
    if (this.#isHeld || this.#isFull) this.from.pause();
    else this.from.resume();
  }
}

export class Carrier {
  readonly ends: readonly [TCPSocket, TCPSocket];
  readonly #middle: readonly [PairSocket, PairSocket];
  readonly #directions: readonly Direction[];
  readonly #random: Random;

  constructor(random: Random, watch: Watch, mutant: Mutant = {}) {
    const make = (): [PairSocket, PairSocket] => {
      return socketPair({ seed: random(MAX_SEED), highWaterMarkBytes: pick(random, MARKS), allowHalfOpen: true });
    };
    const [first, second] = [make(), make()];
    for (const [outer] of [first, second]) outer.allowHalfOpen = false;
    this.#random = random;
    this.ends = [first[0], second[0]];
    this.#middle = [first[1], second[1]];
    this.#directions = [new Direction(first[1], second[1], 0, watch, mutant), new Direction(second[1], first[1], 1, watch, mutant)];
  }

  /** Holds one direction, or lets it go on: so the order of turns changes. */
  shake(): void {
    pick(this.#random, this.#directions).isHeld = this.#random(3) === 0;
  }

  letFlow(): void {
    for (const direction of this.#directions) direction.isHeld = false;
  }

  /** The connection is lost, for both ends at once: by a reset, or by an end wherever the bytes happen to stop. */
  drop(by: 'reset' | 'end'): void {
    for (const socket of this.#middle) {
      socket.removeAllListeners('data');
      socket.on('data', () => {});
      if (by === 'reset') socket.resetAndDestroy();
      else socket.end();
      socket.resume();
    }
  }
}
